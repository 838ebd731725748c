/**
 * The whole engine in the test's own process: a real file, a real API on a free port, time and ids of the test's choosing.
 * Stories talk to it over HTTP, as everybody does.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { readSettings } from "../../electron/host/config.ts";
import { type EngineWorld, type RunningEngine, startEngine } from "../../electron/host/start-engine.ts";
import { systemClock } from "../../electron/lib/clock.ts";
import { systemIds } from "../../electron/lib/ids.ts";
import type { WorkflowDefinitionInput } from "../../shared/definition.ts";
import type { RunEvent } from "../../shared/event.ts";
import type { Run, StepAttempt, StepRun } from "../../shared/run.ts";
import { isTerminal, type RunStatus } from "../../shared/transitions.ts";

export interface AppOptions {
  /** A folder of an earlier app, to start on what it left; a new one if not given. */
  dataDir?: string;
  env?: Record<string, string>;
  world?: Partial<EngineWorld>;
  safeMode?: boolean;
}

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** How often a condition is looked at: over HTTP there is no other way to hear of a run that parked. */
const LOOK_AGAIN_MS = 10;

const source = (path: string): string => new URL(`../../electron/${path}`, import.meta.url).href;

export type TestApp = Awaited<ReturnType<typeof startApp>>;

export async function startApp(options: AppOptions = {}) {
  const dataDir = options.dataDir ?? (await newFolder());
  await mkdir(join(dataDir, "Databases"), { recursive: true });
  await mkdir(join(dataDir, "logs"), { recursive: true });
  const token = "test-token";
  const engine: RunningEngine = await startEngine(
    {
      dataDir,
      databasePath: join(dataDir, "Databases", "workflows.db"),
      kind: "headless",
      port: 0,
      token,
      safeMode: options.safeMode ?? false,
      settings: readSettings(options.env ?? {}).settings,
      threads: {
        reader: source("store/threads/reader-thread.ts"),
        maintenance: source("store/threads/maintenance-thread.ts"),
        compute: source("engine/compute-thread.ts"),
      },
      rendererDir: null,
      appVersion: "0.0.0-test",
      since: Date.now(),
    },
    { clock: systemClock, ids: systemIds, random: Math.random, checkReplies: true, ...options.world },
  );
  onTestFinished(() => engine.stop());

  async function call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const reply = await fetch(`${engine.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await reply.text();
    const isJson = reply.headers.get("content-type")?.includes("json");
    return { status: reply.status, headers: reply.headers, body: (isJson ? JSON.parse(text) : text) as T };
  }
  const api = <T = unknown>(method: string, path: string, body?: unknown) =>
    call<T>(method, `/api/v1/workflows${path}`, body);
  const getRun = async (runId: string): Promise<Run> => (await api<Run>("GET", `/runs/${runId}`)).body;

  return {
    engine,
    dataDir,
    url: engine.url,
    token,
    call,
    api,
    /** Save a definition; gives its id. */
    async save(definition: WorkflowDefinitionInput): Promise<number> {
      const { status, body } = await api<{ id: number }>("POST", "", definition);
      if (status !== 201) throw new Error(`saving gave ${status}: ${JSON.stringify(body)}`);
      return body.id;
    },
    /** Start an ad-hoc run and answer at once. */
    async start(definition: WorkflowDefinitionInput, inputs: Record<string, unknown> = {}): Promise<string> {
      const { status, body } = await api<Run>("POST", "/run", { definition, inputs });
      if (status !== 200) throw new Error(`starting gave ${status}: ${JSON.stringify(body)}`);
      return body.run_id;
    },
    /** Run to its end, or until it waits for a person. */
    async run(definition: WorkflowDefinitionInput, inputs: Record<string, unknown> = {}): Promise<Run> {
      const { status, body } = await api<Run>("POST", "/run?mode=sync", { definition, inputs });
      if (status !== 200) throw new Error(`running gave ${status}: ${JSON.stringify(body)}`);
      return body;
    },
    getRun,
    /** Until the run has one of the statuses; fails at once if it ends otherwise. */
    async until(runId: string, ...statuses: RunStatus[]): Promise<Run> {
      for (;;) {
        const run = await getRun(runId);
        if (statuses.includes(run.status)) return run;
        if (isTerminal(run.status)) throw new Error(`run ${runId} is ${run.status}: ${run.error}`);
        await setTimeout(LOOK_AGAIN_MS);
      }
    },
    /** Until the run has left an event of this type, and gives its payload. */
    async untilEvent(runId: string, type: RunEvent["event_type"]): Promise<RunEvent> {
      for (;;) {
        const { body } = await api<RunEvent[]>("GET", `/runs/${runId}/events?limit=1000`);
        const found = body.find((event) => event.event_type === type);
        if (found) return found;
        await setTimeout(LOOK_AGAIN_MS);
      }
    },
    async steps(runId: string): Promise<StepRun[]> {
      return (await api<{ steps: StepRun[] }>("GET", `/runs/${runId}/steps`)).body.steps;
    },
    async events(runId: string): Promise<RunEvent[]> {
      return (await api<RunEvent[]>("GET", `/runs/${runId}/events?limit=1000`)).body;
    },
    async eventTypes(runId: string): Promise<string[]> {
      return (await api<RunEvent[]>("GET", `/runs/${runId}/events?limit=1000`)).body.map((event) => event.event_type);
    },
    async attempts(runId: string, stepId: string): Promise<StepAttempt[]> {
      return (await api<{ attempts: StepAttempt[] }>("GET", `/runs/${runId}/steps/${stepId}/attempts`)).body.attempts;
    },
    control: (runId: string, action: string) => api<{ result: string }>("POST", `/runs/${runId}/${action}`),
    stop: () => engine.stop(),
  };
}

/** A data folder that is removed when the test is over. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "workflows-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
