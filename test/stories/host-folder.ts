/** What stories do to a host from outside: talk to it, look into its folder with the system's tools, and end it. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { expect } from "vitest";
import type { Run } from "../../shared/run.ts";
import { isTerminal, type RunStatus } from "../../shared/transitions.ts";
import type { Headless } from "../support/headless.ts";

const execute = promisify(execFile);

export const databaseIn = (dataDir: string): string => join(dataDir, "Databases", "workflows.db");

/** The system's own `sqlite3`, as the runbook uses it. */
export async function sqlite3(database: string, ...commands: string[]): Promise<string> {
  const { stdout } = await execute("sqlite3", [database, ...commands]);
  return stdout.trim();
}

/** True where stories that need the system's `sqlite3` cannot be told. With CI=true they must be. */
export function sqlite3Missing(): boolean {
  const found = (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, "sqlite3")));
  return !found && process.env.CI !== "true";
}

export interface Reply<T> {
  status: number;
  body: T;
}

/** `path` below the workflows prefix; `T` is what the story expects of the body, and it looks for itself. */
export async function call<T = Record<string, unknown>>(
  host: Headless,
  method: string,
  path: string,
  body?: unknown,
): Promise<Reply<T>> {
  const reply = await host.fetch(`/api/v1/workflows${path}`, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const parsed: T = await reply.json();
  return { status: reply.status, body: parsed };
}

export async function start(host: Headless, definition: unknown): Promise<string> {
  const saved = await call<{ id: number }>(host, "POST", "", definition);
  expect(saved.status).toBe(201);
  const started = await call<Run>(host, "POST", `/${saved.body.id}/run`, {});
  expect(started.status).toBe(200);
  return started.body.run_id;
}

export async function until(host: Headless, runId: string, ...statuses: RunStatus[]): Promise<Run> {
  for (;;) {
    const { body } = await call<Run>(host, "GET", `/runs/${runId}`);
    if (statuses.includes(body.status)) return body;
    if (isTerminal(body.status)) throw new Error(`run ${runId} is ${body.status}: ${body.error}`);
    await setTimeout(20);
  }
}

export async function end(host: Headless, signal: "SIGTERM" | "SIGKILL") {
  host.kill(signal);
  return host.exited;
}

/** What must hold in every database whatever was done to its host: sound pages, and events numbered 1, 2, 3 … per run. */
export async function expectSound(database: string): Promise<void> {
  expect(await sqlite3(database, "PRAGMA integrity_check")).toBe("ok");
  const gaps =
    "SELECT run_id FROM workflow_events GROUP BY run_id HAVING max(event_seq) <> count(*) OR min(event_seq) <> 1";
  expect(await sqlite3(database, gaps)).toBe("");
}
