/**
 * The host: the process that carries the engine, with or without a window. It holds the lock of the data folder, tells
 * the world where it answers, and watches over the engine thread. No SQL and nothing slow here: in the desktop app this
 * is the thread that draws the window.
 */
import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AppError } from "../lib/app-error.ts";
import { systemClock, toIso } from "../lib/clock.ts";
import { acquireHostLock, type HostLock } from "../store/host-lock.ts";
import { type Env, readSettings, SECRET_VARIABLES } from "./config.ts";
import { compileCacheDir, prepareDataDir } from "./data-dir.ts";
import { checkDatabasePlace, locateDatabase } from "./database-url.ts";
import { launchEngine } from "./engine-handle.ts";
import type { EngineStatus } from "./engine-messages.ts";
import { type EngineFailure, type EngineSupervisor, superviseEngine } from "./engine-supervisor.ts";
import { locateEntries } from "./entries.ts";
import { killThisProcess } from "./last-resort.ts";
import { type HostReady, readServerFile, removeServerFile, writeServerFile } from "./server-file.ts";
import type { EngineConfig } from "./start-engine.ts";

export type { HostReady } from "./server-file.ts";

export interface HostOptions {
  /** Absolute. */
  dataDir: string;
  kind: "headless" | "desktop";
  /** 0: any free port. */
  port: number;
  safeMode: boolean;
  env: Env;
}

export interface Host {
  readonly ready: HostReady;
  /** Sentences about settings that were not understood or are not acted on. */
  readonly warnings: readonly string[];
  status(): Promise<EngineStatus>;
  /** The engine thread ended unasked, or hangs. Returns a function that ends the subscription. */
  onEngineFailure(listener: (failure: EngineFailure) => void): () => void;
  /**
   * Drain, checkpoint, close, remove server.json, let go of the lock. Safe more than once. An engine thread that cannot
   * be ended takes the process along, by SIGKILL, after the limits of `engine-handle.ts`.
   */
  stop(): Promise<void>;
  /** End the engine without a drain, for a person who will not wait; the caller exits then. May kill, as `stop` may. */
  cutOff(): Promise<void>;
}

/** Throws AppError with one of `START_ERRORS`; then nothing is left running or locked. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { dataDir, env } = options;
  const { settings, apiToken, databaseUrl, warnings } = readSettings(env);
  const { databasePath, remote } = locateDatabase(databaseUrl, dataDir);
  if (remote) warnings.push(`The remote ${remote} is not used: this version keeps runs on this machine only.`);
  const entries = locateEntries(import.meta.url);
  prepareDataDir(dataDir);
  if (databaseUrl !== null) checkDatabasePlace(databasePath);
  const locks = takeLocks(dataDir, databasePath);
  try {
    // Left by a host that was killed. Whoever reads it from now on would be sent to nobody.
    removeServerFile(dataDir);
    const { engine: entry, ...located } = await entries;
    const token = apiToken ?? randomBytes(32).toString("base64url");
    const { kind, safeMode, port } = options;
    const since = systemClock.now();
    const config: EngineConfig = { dataDir, databasePath, kind, port, token, safeMode, settings, since, ...located };
    const cacheDir = compileCacheDir(dataDir);
    const supervisor = await superviseEngine({
      launch: (port) =>
        launchEngine({
          entry,
          data: { config: { ...config, port }, cacheDir },
          env: engineEnv(env),
          clock: systemClock,
        }),
      port,
      clock: systemClock,
    });
    return openedHost(readyOf(config, supervisor), warnings, supervisor, locks);
  } catch (error) {
    for (const lock of locks) lock.release();
    throw error;
  }
}

function openedHost(ready: HostReady, warnings: string[], supervisor: EngineSupervisor, locks: HostLock[]): Host {
  const forget = (): void => removeServerFile(ready.data_dir);
  writeServerFile(ready);
  // Whatever ends the process, short of a kill, takes the file along.
  process.once("exit", forget);

  let stopping: Promise<void> | null = null;
  async function stop(): Promise<void> {
    try {
      await supervisor.stop();
    } finally {
      // Before the locks: as long as the thread is there, nobody else may have its database.
      if (supervisor.isStuck()) killThisProcess(ready.data_dir, STUCK);
      process.off("exit", forget);
      forget();
      for (const lock of locks) lock.release();
    }
  }

  return {
    ready,
    warnings,
    status: () => supervisor.status(),
    onEngineFailure: (listener) => supervisor.onFailure(listener),
    stop() {
      stopping ??= stop();
      return stopping;
    },
    async cutOff() {
      await supervisor.cutOff();
      if (supervisor.isStuck()) killThisProcess(ready.data_dir, STUCK);
    },
  };
}

const STUCK =
  "The engine hangs and its thread could not be ended, so this process is killed. Nothing that was saved is lost.";

const readyOf = ({ token, dataDir, kind, since }: EngineConfig, { ready }: EngineSupervisor): HostReady => ({
  ready: true,
  url: ready.url,
  token,
  data_dir: dataDir,
  pid: process.pid,
  schema_version: ready.schemaVersion,
  kind,
  since: toIso(since),
});

/** Commands of a step inherit the thread's environment; the token and the remote's password stay out of it. */
function engineEnv(env: Env): Record<string, string> {
  const kept = Object.entries(env).filter(([name, value]) => value !== undefined && !SECRET_VARIABLES.has(name));
  return Object.fromEntries(kept) as Record<string, string>;
}

/** The lock of the data folder, and that of the database when it lies elsewhere. All or none. */
function takeLocks(dataDir: string, databasePath: string): HostLock[] {
  const folderLockPath = join(realpathSync(dataDir), "host.lock");
  const folderLock = acquireHostLock(folderLockPath);
  if (!folderLock) throw lockedBySomeone(dataDir);
  const databaseLockPath = lockPathOf(databasePath);
  if (databaseLockPath === folderLockPath) return [folderLock];
  try {
    const databaseLock = acquireHostLock(databaseLockPath);
    if (databaseLock) return [folderLock, databaseLock];
  } catch (error) {
    folderLock.release();
    throw error;
  }
  folderLock.release();
  throw new AppError("database_in_use", `The database ${databasePath} is in use by another host.`, {
    hint: "Stop that host first, or unset DATABASE_URL_WORKFLOWS.",
  });
}

/** A database that is some data folder's own is guarded by that folder's lock; any other by one beside it. */
function lockPathOf(databasePath: string): string {
  const folder = realOr(dirname(databasePath));
  const path = realOr(join(folder, basename(databasePath)));
  const isOwn = basename(path) === "workflows.db" && basename(dirname(path)) === "Databases";
  return isOwn ? join(dirname(dirname(path)), "host.lock") : `${path}.host.lock`;
}

/** Links resolved, so that two names of one file have one lock; the path as given while it does not exist. */
function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function lockedBySomeone(dataDir: string): AppError {
  const holder = readServerFile(dataDir);
  const who = holder
    ? `the ${holder.kind} host with process id ${holder.pid}, since ${holder.since}`
    : "another host, which is just starting or stopping";
  return new AppError("host_locked", `The data folder ${dataDir} is in use by ${who}.`, {
    hint: "Stop it first, or choose another folder with --data-dir.",
  });
}
