/** Backups: one at a time, copied by a reader thread beside the running app, verified, and recorded with what they hold. */
import { rmSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { AppError, messageOf } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";
import type { Logger } from "../lib/log.ts";
import type { Store } from "../store/store.ts";
import type { BackupRow } from "../store/tables/backups.ts";
import type { BackupTask, FromReader } from "../store/threads/reader-thread.ts";
import { backupTarget } from "./backup-target.ts";

export interface Backups {
  /** At start, before their records say so: what a dead host left of its backups is removed. */
  tidy(): void;
  /** Resolves when the copy has begun. Throws `backup_running`, `input_invalid`, `disk_full`. */
  start(input: { label: string | null; path: string | null }): Promise<BackupRow>;
  /** Resolves with the finished record, whatever came of it. */
  finished(id: string): Promise<BackupRow>;
  progress(id: string): { pagesDone: number; pagesTotal: number } | null;
  /** False if no backup of that id is running. */
  cancel(id: string): boolean;
  /** Ends a running backup; its file is removed. */
  stop(): Promise<void>;
}

export interface BackupDeps {
  store: Store;
  clock: Clock;
  ids: Ids;
  log: Logger;
  /** File URL of the reader thread's program. */
  entry: string;
  /** Where automatic backups go. */
  backupDir: string;
  dataDir: string;
}

interface Running {
  row: BackupRow;
  thread: Worker;
  pagesDone: number;
  pagesTotal: number;
  done: Promise<BackupRow>;
}

/** The WAL may grow to this, or to a quarter of the free space if that is more, before a backup gives up. */
const WAL_LIMIT_BYTES = 1024 * 1024 * 1024;
/** Of the newest backups one at most was running when its host died. */
const RECENT = 10;
/** Space that must be free for a copy, as a multiple of what is copied. */
const ROOM_FACTOR = 1.2;

export function createBackups(deps: BackupDeps): Backups {
  const { store, clock, ids, log } = deps;
  let running: Running | null = null;
  let starting = false;

  async function start(input: { label: string | null; path: string | null }): Promise<BackupRow> {
    if (running || starting) throw alreadyRunning();
    starting = true;
    try {
      const path = backupTarget({ ...deps, databasePath: store.path, now: clock.now() }, input.path);
      requireRoom(store.path, path);
      const row = newRow(ids.next(), path, input.label, clock.now());
      await store.write("record backup", (tables) => tables.backups.save(row), "request");
      running = launch(row);
      return row;
    } finally {
      starting = false;
    }
  }

  function launch(row: BackupRow): Running {
    const task: BackupTask = {
      task: "backup",
      databasePath: store.path,
      targetPath: row.path,
      walLimitBytes: Math.max(WAL_LIMIT_BYTES, freeBytes(dirname(store.path)) / 4),
    };
    const thread = new Worker(new URL(deps.entry), { workerData: task });
    const job: Running = { row, thread, pagesDone: 0, pagesTotal: 0, done: Promise.resolve(row) };
    job.done = ended(thread, job).then((end) => finish(row, end));
    return job;
  }

  /** Resolves with the thread's last word. A thread that died without one has failed. */
  function ended(thread: Worker, job: Running): Promise<FromReader> {
    return new Promise((resolveEnd) => {
      let last: FromReader = {
        type: "failed",
        cancelled: false,
        code: "backup_failed",
        message: "The backup ended unexpectedly.",
      };
      thread.on("message", (message: FromReader) => {
        if (message.type === "progress")
          Object.assign(job, { pagesDone: message.pagesDone, pagesTotal: message.pagesTotal });
        else last = message;
      });
      thread.on("error", (error) => {
        last = { type: "failed", cancelled: false, code: "backup_failed", message: String(error) };
      });
      thread.on("exit", () => resolveEnd(last));
    });
  }

  async function finish(row: BackupRow, end: FromReader): Promise<BackupRow> {
    const finished = finishedRow(row, end, clock.now());
    running = null;
    log.info({ backup_id: row.id, status: finished.status, ms: finished.durationMs }, "backup finished");
    try {
      await store.write("record backup", (tables) => tables.backups.save(finished));
    } catch (error) {
      // Perhaps nobody waits for it, and a disk that the backup filled must not end the app. The next start mends it.
      log.error({ backup_id: row.id, err: messageOf(error) }, "what became of the backup could not be recorded");
    }
    return finished;
  }

  return {
    tidy() {
      const left = store.backups.list(RECENT).filter(({ status }) => status === "running");
      for (const { path } of left) removePartial(`${path}.partial`);
    },
    start,
    async finished(id) {
      if (running?.row.id === id) return running.done;
      const row = store.backups.get(id);
      if (!row) throw new AppError("backup_not_found", "Backup not found");
      return row;
    },
    progress: (id) =>
      running?.row.id === id ? { pagesDone: running.pagesDone, pagesTotal: running.pagesTotal } : null,
    cancel(id) {
      if (running?.row.id !== id) return false;
      running.thread.postMessage({ type: "cancel" });
      return true;
    },
    async stop() {
      if (!running) return;
      running.thread.postMessage({ type: "cancel" });
      await running.done;
    },
  };
}

const newRow = (id: string, path: string, label: string | null, createdAt: number): BackupRow => ({
  id,
  kind: "snapshot",
  label,
  path,
  status: "running",
  sizeBytes: null,
  sha256: null,
  durationMs: null,
  restarts: null,
  runs: null,
  events: null,
  schemaVersion: null,
  createdAt,
  errorJson: null,
});

function finishedRow(row: BackupRow, end: FromReader, now: number): BackupRow {
  const durationMs = now - row.createdAt;
  if (end.type === "done") return { ...row, ...end.result, status: "verified", durationMs };
  if (end.type !== "failed") return { ...row, status: "failed", durationMs };
  const full = end.code === "SQLITE_FULL" || end.code === "ENOSPC";
  const error = {
    code: full ? "disk_full" : end.code,
    message: full ? "The disk filled up while the copy was written." : end.message,
    hint: full ? "Free some space or choose another place." : undefined,
  };
  return { ...row, status: end.cancelled ? "cancelled" : "failed", durationMs, errorJson: JSON.stringify(error) };
}

/** All that a broken-off copy may leave, under its working name. */
function removePartial(partial: string): void {
  for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(`${partial}${suffix}`, { force: true });
}

const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

function requireRoom(databasePath: string, target: string): void {
  const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const needed = ROOM_FACTOR * (size(databasePath) + size(`${databasePath}-wal`));
  const free = freeBytes(dirname(target));
  if (free >= needed) return;
  throw new AppError("disk_full", `The backup needs about ${megabytes(needed)} MB; ${megabytes(free)} MB are free.`, {
    hint: "Free some space or choose another place.",
  });
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1024 / 1024);

const alreadyRunning = (): AppError =>
  new AppError("backup_running", "A backup is already being made.", { hint: "Wait until it is done, or cancel it." });
