/**
 * The lock that lets one host at a time have a data folder: a tiny SQLite file held in an EXCLUSIVE transaction for the
 * host's life. The system lets go of it however the process dies, so there is no stale lock and no pid to believe.
 *
 * Nobody else opens, reads or copies the file: POSIX file locks belong to the process, and closing any other handle
 * on it would drop ours without a word.
 */
import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";
import Database from "better-sqlite3";
import { AppError, messageOf } from "../lib/app-error.ts";

export interface HostLock {
  readonly path: string;
  /** Let go; safe more than once. */
  release(): void;
}

/** Two starts that meet each take a shared lock first; one of them must try again rather than both give up. */
const RETRY_MS = 200;

// Held here as well as by the caller: a Database that is collected is closed, and the lock would go with it.
const held = new Map<string, Database.Database>();

/** The lock, or null when it is held by someone else, also by this process. Throws `data_dir_unusable`. */
export function acquireHostLock(lockPath: string): HostLock | null {
  const path = resolve(lockPath);
  if (held.has(path)) return null;
  const db = open(path);
  try {
    // Nothing is ever written, so no journal need lie beside it.
    db.pragma("journal_mode = MEMORY");
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (isBusy(error)) return null;
    throw unusable(path, error);
  }
  held.set(path, db);
  return {
    path,
    release() {
      if (held.get(path) !== db) return;
      held.delete(path);
      db.close();
    },
  };
}

function open(path: string): Database.Database {
  try {
    // SQLite would make it readable for all. Safe to open and close here, as this process does not hold the lock yet.
    closeSync(openSync(path, "a", 0o600));
    return new Database(path, { timeout: RETRY_MS });
  } catch (error) {
    throw unusable(path, error);
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");

const unusable = (path: string, cause: unknown): AppError =>
  new AppError("data_dir_unusable", `The lock file ${path} cannot be used: ${messageOf(cause)}.`, {
    hint: "Check that the folder is on a local disk and that you may write to it. With no host running, the file may be deleted.",
    cause,
  });
