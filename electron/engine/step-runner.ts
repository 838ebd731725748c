/**
 * Runs one attempt of one step: gives it its context, watches its time, and turns whatever comes out (a result, a thrown
 * error, a timeout, a cancel) into a result. Records nothing; the worker does.
 */
import type { Failure } from "../../shared/error.ts";
import type { NewEvent } from "../../shared/event.ts";
import { messageOf } from "../lib/app-error.ts";
import { type Clock, pause } from "../lib/clock.ts";
import type { HttpSender } from "../net/http-sender.ts";
import {
  failed,
  type Outputs,
  type StepContext,
  StepError,
  type StepResult,
  type StepType,
} from "../steps/step-type.ts";
import type { ComputePool } from "./compute-pool.ts";
import type { StepServices } from "./step-services.ts";
import type { Scope } from "./templating/evaluate.ts";
import { isCheap, renderNow, renderValue } from "./templating/render.ts";

export interface StepRunnerDeps {
  steps: ReadonlyMap<string, StepType>;
  clock: Clock;
  pool: ComputePool;
  http: HttpSender;
  services: StepServices;
  testMode: boolean;
}

export interface AttemptRequest {
  run: { id: string; workflowId: number | null; workflowName: string };
  step: { id: string; stepRunId: string; attempt: number; visit: number };
  type: StepType;
  config: Record<string, unknown>;
  scope: () => Scope;
  last: Outputs | null;
  timeoutMs: number;
  /** Aborts with the reason `cancelled` or `shutdown`. */
  signal: AbortSignal;
  emit(event: NewEvent): void;
  /** Resolves when the step's row is on disk, for what refers to it. */
  recorded(): Promise<unknown>;
}

/** How long a cancelled step may take to end by itself before it is left behind. */
const CANCEL_GRACE_MS = 5000;

/** Config with its templates resolved, `raw` fields as they are. Throws StepError `template_error`. */
export async function prepareConfig(
  type: StepType,
  config: Record<string, unknown>,
  scope: Scope,
  pool: ComputePool,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const raw = new Set<string>(type.raw ?? []);
  const ready = Object.fromEntries(Object.entries(config).filter(([key]) => raw.has(key)));
  const rendered = Object.fromEntries(Object.entries(config).filter(([key]) => !raw.has(key)));
  const resolved = isCheap(rendered)
    ? renderNow(rendered, scope)
    : await renderValue(rendered, scope, (text, names) => pool.render(text, names, signal));
  return { ...(resolved as Record<string, unknown>), ...ready };
}

/** The config as its type wants it, or the failure that says what is wrong with it. */
export function parseConfig(
  type: StepType,
  config: Record<string, unknown>,
): { config: unknown } | { failure: Failure } {
  const result = type.schema.safeParse(config);
  if (result.success) return { config: result.data };
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "config"}: ${issue.message}`);
  return {
    failure: {
      code: "validation_error",
      message: `The config does not fit ${type.type} once its templates are resolved: ${problems.join("; ")}.`,
      hint: "Look at the resolved config of this step, and at what the steps before it gave.",
      retryable: false,
    },
  };
}

export type StepRunner = ReturnType<typeof createStepRunner>;

export function createStepRunner(deps: StepRunnerDeps) {
  /** Never rejects: a failing step is a result. */
  async function attempt(request: AttemptRequest): Promise<StepResult> {
    const parsed = parseConfig(request.type, request.config);
    if ("failure" in parsed) return { status: "failed", failure: parsed.failure };
    const ending = new AbortController();
    const work = run(request, parsed.config, ending.signal);
    if (!(work instanceof Promise)) return work;
    return Promise.race([work, timedOut(request, ending), aborted(request, ending)]).finally(() =>
      ending.abort("over"),
    );
  }

  /** Starts the step at once; many end in the same turn and need neither timer nor race. */
  function run(request: AttemptRequest, config: unknown, signal: AbortSignal): StepResult | Promise<StepResult> {
    try {
      const result = request.type.execute(contextFor(request, config, signal));
      return result instanceof Promise ? result.catch(asFailure) : result;
    } catch (error) {
      return asFailure(error);
    }
  }

  function timedOut({ timeoutMs, type }: AttemptRequest, ending: AbortController): Promise<StepResult> {
    return new Promise((resolve) => {
      const cancel = deps.clock.after(timeoutMs, () => {
        ending.abort("timeout");
        resolve(
          failed("timeout", `${type.title} took longer than its ${timeoutMs / 1000} seconds.`, {
            hint: "Raise timeout_seconds of the step, or give it less to do.",
          }),
        );
      });
      ending.signal.addEventListener("abort", cancel, { once: true });
    });
  }

  /** A cancelled step gets a moment to end by itself, so that it can tidy up. */
  function aborted({ signal }: AttemptRequest, ending: AbortController): Promise<StepResult> {
    return new Promise((resolve) => {
      const stop = async () => {
        ending.abort(signal.reason);
        await pause(deps.clock, CANCEL_GRACE_MS);
        resolve({ status: "cancelled" });
      };
      if (signal.aborted) void stop();
      else signal.addEventListener("abort", stop, { once: true });
      ending.signal.addEventListener("abort", () => signal.removeEventListener("abort", stop), { once: true });
    });
  }

  function contextFor(request: AttemptRequest, config: unknown, signal: AbortSignal): StepContext<unknown> {
    const { run, step, emit } = request;
    const at = () => deps.clock.now();
    const tell = <T extends NewEvent["type"]>(type: T, payload: Extract<NewEvent, { type: T }>["payload"]) =>
      emit({ type, payload, stepRunId: step.stepRunId, at: at() } as NewEvent);
    const render = (value: unknown, names: Record<string, unknown> = {}) =>
      renderValue(value, { ...request.scope(), ...names }, (text, scope) => deps.pool.render(text, scope, signal));
    return {
      config,
      run,
      step,
      idempotencyKey: `${run.id}:${step.id}:${step.visit}`,
      signal,
      last: request.last,
      clock: deps.clock,
      render,
      runInner: (inner, names) => runInner(request, inner, names, signal),
      files: deps.services.filesFor(request),
      artifacts: deps.services.artifactsFor(request, signal),
      state: deps.services.stateFor(request),
      compute: (task, input) => deps.pool.run(task, input, signal),
      http: { send: (message) => deps.http.send({ ...message, signal }) },
      progress: (progress) => tell("step_progress", { step_id: step.id, ...progress }),
      log: (level, message) => tell("log", { step_id: step.id, level, message }),
      childStarted: (child) => deps.services.childStarted(request, child),
      testMode: deps.testMode,
      logTail: (tail) => tell("step_log_tail", { step_id: step.id, ...tail }),
    };
  }

  /** A step inside another one's attempt: same run, same signal, its own config and names. */
  async function runInner(
    outer: AttemptRequest,
    inner: { type: string; config: Record<string, unknown> },
    names: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<StepResult> {
    const type = deps.steps.get(inner.type);
    if (!type) return failed("unknown_step_type", `There is no step type "${inner.type}".`);
    const scope = () => ({ ...outer.scope(), ...names });
    try {
      const config = await prepareConfig(type, inner.config, scope(), deps.pool, signal);
      const parsed = parseConfig(type, config);
      if ("failure" in parsed) return { status: "failed", failure: parsed.failure };
      return await type.execute(contextFor({ ...outer, type, config, scope }, parsed.config, signal));
    } catch (error) {
      return asFailure(error);
    }
  }

  return { attempt };
}

/** Whatever a step threw, as a result. Errors of the net and of the pool carry their own codes. */
export function asFailure(error: unknown): StepResult {
  if (error instanceof StepError) return failed(error.code, error.message, error.extra);
  const named = error as { name?: unknown; code?: unknown; hint?: unknown; retryable?: unknown };
  if (named.name === "AbortError") return { status: "cancelled" };
  if ((named.name === "StepError" || named.name === "HttpError") && typeof named.code === "string") {
    const extra = (error as { extra?: { hint?: string; retryable?: boolean } }).extra ?? {};
    return failed(named.code, messageOf(error), extra);
  }
  return failed("step_crashed", `The step ended with an error that it did not foresee: ${messageOf(error)}`, {
    hint: "This is a fault of the app, not of your workflow. The log has the details.",
  });
}
