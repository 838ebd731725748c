/**
 * Ten clients that start runs of three steps as fast as they are answered, and ask again for what was not answered. Some
 * steps are commands that write a line to a file of their run, so that every execution leaves a trace outside the database.
 */
import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import type { Run } from "../../shared/run.ts";
import { call } from "../stories/host-folder.ts";
import type { Headless } from "../support/headless.ts";

const CLIENTS = 10;
/** How soon the end of the work is looked for again. */
const LOOK_AGAIN_MS = 50;

/** Types of the steps below that are not safe to replay. */
export const UNSAFE_TYPES = ["shell", "file_write"];

/** The file in a run's workdir to which a step adds a line at each execution. */
export const traceOf = (stepId: string): string => `trace-${stepId}`;

const command = (id: string, seconds: number) => ({
  id,
  type: "shell",
  config: { command: `echo ${id} >> ${traceOf(id)}; sleep ${seconds}` },
});

const DEFINITIONS = [
  {
    name: "words",
    steps: [
      { id: "a", type: "log", config: { message: "begins" } },
      { id: "b", type: "prompt", config: { template: "b", simulate_delay_ms: 5 } },
      { id: "c", type: "prompt", config: { template: "after {{ b.text }}" } },
    ],
  },
  {
    name: "commands",
    steps: [command("a", 0), { id: "b", type: "delay", config: { milliseconds: 20 } }, command("c", 0.01)],
  },
  {
    name: "files",
    steps: [
      { id: "a", type: "prompt", config: { template: "text of {{ run.id }}", save_artifact: true } },
      { id: "b", type: "file_write", config: { path: traceOf("b"), content: "b\n", mode: "append", artifact: true } },
      { id: "c", type: "checkpoint" },
    ],
  },
  {
    name: "both at once",
    steps: [
      { ...command("a", 0.01), depends_on: [] },
      { id: "b", type: "prompt", config: { template: "b", simulate_delay_ms: 10 }, depends_on: [] },
      { ...command("c", 0), depends_on: ["a", "b"] },
    ],
  },
] as const;

export interface Moment {
  answers: number;
  ms: number;
}

interface Asked {
  key: string;
  workflow: number;
  runId: string | null;
}

export type Load = ReturnType<typeof createLoad>;

export function createLoad() {
  const asked: Asked[] = [];
  let clients: Promise<void>[] = [];
  let saved: number[] = [];
  let stopped = false;

  async function save(host: Headless): Promise<void> {
    for (const definition of DEFINITIONS.slice(saved.length)) {
      const { status, body } = await call<{ id: number }>(host, "POST", "", definition);
      expect(status).toBe(201);
      saved = [...saved, body.id];
    }
  }

  /** Half of the requests wait for the end of their run, the others only for it to be on disk. */
  async function ask(host: Headless, request: Asked): Promise<void> {
    const mode = Math.floor(request.workflow / saved.length) % 2 === 0 ? "sync" : "async";
    const path = `/${saved[request.workflow % saved.length]}/run?mode=${mode}`;
    const { status, body } = await call<Run>(host, "POST", path, { idempotency_key: request.key });
    expect([status, body]).toEqual([200, expect.anything()]);
    expect(request.runId ?? body.run_id).toBe(body.run_id);
    request.runId = body.run_id;
  }

  const unanswered = (): Asked[] => asked.filter(({ runId }) => runId === null);

  /** Ever new runs, until the host is gone. What was not answered is asked for again at the end. */
  async function client(host: Headless, onAnswer: () => void): Promise<void> {
    while (!stopped) {
      const request: Asked = { key: `request-${asked.length}`, workflow: asked.length, runId: null };
      asked.push(request);
      try {
        await ask(host, request);
      } catch (error) {
        if (isGone(error)) return;
        throw error;
      }
      onAnswer();
    }
  }

  return {
    /** Resolves at the moment: so long after so many answers, with all clients at work. */
    async press(host: Headless, { answers, ms }: Moment): Promise<void> {
      await save(host);
      stopped = false;
      let count = 0;
      const enough = Promise.withResolvers<void>();
      const onAnswer = (): void => {
        count += 1;
        if (count >= answers) enough.resolve();
      };
      clients = Array.from({ length: CLIENTS }, () => client(host, onAnswer));
      await Promise.race([enough.promise, Promise.all(clients).then(goneByItself)]);
      await setTimeout(ms);
      stopped = true;
    },
    /** Every client has seen that the host is gone. Rejects if one got an answer that it should not have got. */
    over: async (): Promise<void> => void (await Promise.all(clients)),
    /** Ask again, with the same keys, for what was never answered. */
    async askAgain(host: Headless): Promise<void> {
      for (const request of unanswered()) await ask(host, request);
    },
    /** The ids that the clients were told. */
    runIds: (): string[] => asked.flatMap(({ runId }) => runId ?? []),
    lostAmong(stored: readonly string[]): string[] {
      const found = new Set(stored);
      return asked.flatMap(({ runId }) => (runId === null || found.has(runId) ? [] : [runId]));
    },
  };
}

function goneByItself(): never {
  throw new Error("the host was gone before it was killed");
}

/** The connection broke, as it does when the other side is killed. */
const isGone = (error: unknown): boolean => error instanceof TypeError || error instanceof SyntaxError;

/** Answer for every interrupted step, one way and the other in turn, until nothing is at work or waits. Gives how many. */
export async function bringToAnEnd(host: Headless): Promise<number> {
  const live = "/runs?limit=1&status=queued&status=running&status=waiting&status=waiting_human";
  for (let answers = 0; ; ) {
    const { body } = await call<{ approvals: { run_id: string; step_id: string }[] }>(host, "GET", "/approvals");
    for (const { run_id, step_id } of body.approvals) {
      const action = answers % 3 === 0 ? "done" : "retry";
      const { status } = await call(host, "POST", `/runs/${run_id}/steps/${step_id}/resolve`, { action });
      expect(status).toBe(200);
      answers += 1;
    }
    const { body: left } = await call<{ runs: Run[] }>(host, "GET", live);
    if (left.runs.length === 0) return answers;
    await setTimeout(LOOK_AGAIN_MS);
  }
}
