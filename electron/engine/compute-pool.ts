/**
 * The compute pool: threads for work that burns CPU, so that the engine's own thread never waits for it. Threads start on
 * demand and end when idle. Aborting a task ends its thread, so a timeout holds even against an endless loop.
 */
import { MessageChannel } from "node:worker_threads";
import type { Piscina } from "piscina";
import type { Clock } from "../lib/clock.ts";
import { StepError } from "../steps/step-type.ts";
import type { ComputeTasks } from "../steps/tasks/index.ts";
import { type TaskOutcome, taskValue } from "../steps/tasks/outcome.ts";
import type { JudgeElsewhere, Judgement, JudgeRequest } from "./input-schema.ts";
import { type Scope, TemplateError } from "./templating/evaluate.ts";
import type { RenderElsewhere } from "./templating/render.ts";

export interface ComputePool {
  run<T extends keyof ComputeTasks>(
    task: T,
    input: Parameters<ComputeTasks[T]>[0],
    signal: AbortSignal,
  ): Promise<Awaited<ReturnType<ComputeTasks[T]>>>;
  render(text: string, scope: Scope, signal: AbortSignal): Promise<unknown>;
  /** `onBegun` is called when the schema's own work begins: loading and waiting for a thread are over. */
  judge(request: JudgeRequest, onBegun: () => void, signal: AbortSignal): Promise<Judgement>;
  close(): Promise<void>;
}

const IDLE_MS = 10_000;
const MAX_THREADS = 2;
/** Enough for a 200 MB document and its copies; a task beyond it fails, the app does not. */
const MAX_HEAP_MB = 2048;

/** Outside a step's attempt, which has its own limit, one template may take this long. */
const RENDER_LIMIT_MS = 60_000;

/** Templates rendered in the pool, each within a minute. Throws StepError `timeout`, or AbortError with the signal. */
export const renderIn =
  (pool: ComputePool, clock: Clock, signal: AbortSignal): RenderElsewhere =>
  async (text, scope) => {
    const limit = new AbortController();
    const cancel = clock.after(RENDER_LIMIT_MS, () => limit.abort());
    try {
      return await pool.render(text, scope, AbortSignal.any([signal, limit.signal]));
    } catch (error) {
      if (!limit.signal.aborted) throw error;
      throw new StepError("timeout", `A template took longer than ${RENDER_LIMIT_MS / 1000} s.`, {
        hint: "Let a step prepare the data, so that the template has less to do.",
      });
    } finally {
      cancel();
    }
  };

/** Inputs judged in the pool; null if the schema's own work took longer than the limit. */
export const judgeIn =
  (pool: ComputePool, clock: Clock): JudgeElsewhere =>
  async (request, limitMs) => {
    const limit = new AbortController();
    let cancel = (): void => {};
    const startLimit = () => {
      cancel = clock.after(limitMs, () => limit.abort());
    };
    try {
      return await pool.judge(request, startLimit, limit.signal);
    } catch (error) {
      if (limit.signal.aborted) return null;
      throw error;
    } finally {
      cancel();
    }
  };

/** `entry`: file URL of the compute thread's program. Nothing is started before the first task. */
export function createComputePool(entry: string): ComputePool {
  let pool: Promise<Piscina> | undefined;
  const threads = (): Promise<Piscina> => {
    pool ??= startPool(entry, MAX_THREADS);
    return pool;
  };
  // A thread of its own: whoever starts a run must not wait for the long work of the steps.
  let judges: Promise<Piscina> | undefined;
  return {
    run: async (task, input, signal) => {
      const outcome: TaskOutcome = await (await threads()).run({ task, input }, { name: "run_task", signal });
      // What comes back from another thread has no type of its own; the table of tasks says what it is.
      return taskValue(outcome) as never;
    },
    render: async (text, scope, signal) => {
      const pool = await threads();
      const outcome: TaskOutcome = await pool.run({ text, scope }, { name: "render_template", signal });
      if (outcome.ok) return outcome.value;
      throw new TemplateError(outcome.message, text);
    },
    judge: async (request, onBegun, signal) => {
      judges ??= startPool(entry, 1);
      const { port1, port2 } = new MessageChannel();
      port1.once("message", onBegun);
      try {
        const task = { request, begun: port2 };
        return await (await judges).run(task, { name: "judge_inputs", transferList: [port2], signal });
      } finally {
        port1.close();
      }
    },
    close: async () => {
      await (await pool)?.destroy();
      await (await judges)?.destroy();
      pool = undefined;
      judges = undefined;
    },
  };
}

/** Loaded with the first task: an app that is only looked at needs no pool. */
async function startPool(entry: string, maxThreads: number): Promise<Piscina> {
  const library = await import("piscina");
  return new library.Piscina({
    filename: entry,
    minThreads: 0,
    maxThreads,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
}
