/**
 * `server.json`: where the running host answers and who it is, for other programs of the same user. It holds the token,
 * so its mode is 0600. It informs and never decides: whether a host runs is what the lock says.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface HostReady {
  ready: true;
  url: string;
  token: string;
  data_dir: string;
  pid: number;
  schema_version: number;
  kind: "headless" | "desktop";
  /** When this host became ready: ISO 8601, UTC. */
  since: string;
}

const ANSWER_LIMIT_MS = 1_000;

const pathIn = (dataDir: string): string => join(dataDir, "server.json");

/** The address for a person's browser. The fragment is not sent to any server and stays out of logs. */
export const personalUrl = (ready: Pick<HostReady, "url" | "token">): string => `${ready.url}/#token=${ready.token}`;

/** Whether the host named there answers, within a second. Its token is not sent: the port may be someone else's by now. */
export async function answers({ url }: Pick<HostReady, "url">): Promise<boolean> {
  try {
    const reply = await fetch(new URL("/healthz", url), { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    await reply.body?.cancel();
    return reply.ok;
  } catch {
    return false;
  }
}

export function writeServerFile(ready: HostReady): void {
  const path = pathIn(ready.data_dir);
  const partial = `${path}.${ready.pid}.partial`;
  // A leftover keeps its old mode when it is written over.
  rmSync(partial, { force: true });
  writeFileSync(partial, `${JSON.stringify(ready)}\n`, { mode: 0o600 });
  renameSync(partial, path);
}

export function removeServerFile(dataDir: string): void {
  rmSync(pathIn(dataDir), { force: true });
}

/** What the last host wrote; null when there is none, or it cannot be read as one. */
export function readServerFile(dataDir: string): HostReady | null {
  try {
    const value: unknown = JSON.parse(readFileSync(pathIn(dataDir), "utf8"));
    return isHostReady(value) ? value : null;
  } catch {
    return null; // Half a start or no start: there is nothing to say about the holder.
  }
}

function isHostReady(value: unknown): value is HostReady {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Record<string, unknown>;
  const texts = [fields.url, fields.token, fields.data_dir, fields.kind, fields.since];
  return typeof fields.pid === "number" && texts.every((text) => typeof text === "string");
}
