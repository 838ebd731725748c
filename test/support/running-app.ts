/**
 * The whole engine in the test's own process: a real file, a real API on a free port, time and ids of the test's choosing.
 * Stories talk to it over HTTP, as everybody does.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { readSettings } from "../../electron/host/config.ts";
import { type EngineWorld, type RunningEngine, startEngine } from "../../electron/host/start-engine.ts";
import { systemClock } from "../../electron/lib/clock.ts";
import { systemIds } from "../../electron/lib/ids.ts";
import type { WorkflowDefinitionInput } from "../../shared/definition.ts";
import type { RunEvent } from "../../shared/event.ts";
import type { Run, StepRun } from "../../shared/run.ts";
import type { RunStatus } from "../../shared/transitions.ts";

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
    /** Follows the run's own stream until it has one of the statuses. */
    async until(runId: string, ...statuses: RunStatus[]): Promise<Run> {
      const giveUp = new AbortController();
      try {
        const stream = await fetch(`${engine.url}/api/v1/workflows/events/stream`, {
          headers: { authorization: `Bearer ${token}`, "last-event-id": "0" },
          signal: giveUp.signal,
        });
        for await (const _ of stream.body ?? []) {
          const run = await getRun(runId);
          if (statuses.includes(run.status)) return run;
        }
        throw new Error(`the stream ended before run ${runId} was ${statuses.join(" or ")}`);
      } finally {
        giveUp.abort();
      }
    },
    async steps(runId: string): Promise<StepRun[]> {
      return (await api<{ steps: StepRun[] }>("GET", `/runs/${runId}/steps`)).body.steps;
    },
    async events(runId: string): Promise<RunEvent[]> {
      return (await api<RunEvent[]>("GET", `/runs/${runId}/events?limit=1000`)).body;
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
