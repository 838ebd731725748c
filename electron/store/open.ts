/**
 * Opens the database file: refuses what is not ours, sets the pragmas and reads them back, and says in a sentence what
 * to do when the file cannot be used. Nothing but better-sqlite3 ever opens the live file: a second handle of another
 * kind would drop SQLite's POSIX locks when it closes, and committed runs could be lost.
 */
import { chmodSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { AppError, messageOf } from "../lib/app-error.ts";
import { APPLICATION_ID } from "./schema.ts";

export type Synchronous = "FULL" | "NORMAL";

export interface OpenOptions {
  path: string;
  synchronous: Synchronous;
  /** Milliseconds SQLite itself waits for a lock. The writer keeps it short and waits from the event loop instead. */
  busyTimeoutMs: number;
  readonly?: boolean;
  /** Judges an existing file over a read-only connection, before anything could write to it; throws to refuse it. */
  accept?: (db: Database.Database) => void;
}

const JOURNAL_SIZE_LIMIT = 64 * 1024 * 1024;
const SYNCHRONOUS = { NORMAL: 1, FULL: 2 } as const;

/** The pragmas of a connection, as they must read back. */
function pragmas({ synchronous, busyTimeoutMs }: OpenOptions): Record<string, string | number> {
  return {
    // FULL, not WAL's usual NORMAL: a power cut under NORMAL may take back commits that somebody has already seen,
    // and their event numbers would be used twice. Group commit pays for the fsync.
    synchronous: SYNCHRONOUS[synchronous],
    foreign_keys: 1,
    trusted_schema: 0,
    busy_timeout: busyTimeoutMs,
    journal_size_limit: JOURNAL_SIZE_LIMIT,
    ...(process.platform === "darwin" ? { fullfsync: 1, checkpoint_fullfsync: 1 } : {}),
  };
}

/**
 * Open an existing or a new file for reading and writing.
 * Throws AppError `database_foreign`, `database_corrupt`, `database_unusable` or `database_busy`.
 */
export function openDatabase(options: OpenOptions): Database.Database {
  const { path, readonly = false } = options;
  let look: Database.Database | undefined;
  let db: Database.Database | undefined;
  try {
    const isNew = sizeOf(path) === 0;
    // Even closing a connection may write: the last one folds the WAL in. So a file is judged over one that cannot.
    if (!isNew || readonly) look = new Database(path, { readonly: true, timeout: options.busyTimeoutMs });
    const claim = look ? judge(look, options) : true;
    // The two overlap, so that a WAL left by a crash is only read once.
    db = readonly && look ? look : new Database(path, { timeout: options.busyTimeoutMs });
    if (db !== look) look?.close();
    if (!readonly) {
      keepPrivate(path);
      if (claim) claimNewFile(db);
      db.pragma("journal_mode = WAL");
    }
    applyPragmas(db, options);
    return db;
  } catch (error) {
    look?.close();
    db?.close();
    throw asStartError(error, path);
  }
}

/** Bytes; 0 when there is no such file. */
const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Before the first write: the -wal and -shm files take over the mode of their database. */
function keepPrivate(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode;
    if (mode !== undefined && (mode & 0o077) !== 0) chmodSync(file, 0o600);
  }
}

/** Settings that only take effect before the first table exists. */
function claimNewFile(db: Database.Database): void {
  db.pragma("auto_vacuum = INCREMENTAL");
  db.pragma(`application_id = ${APPLICATION_ID}`);
}

/**
 * A file without tables may be claimed (true); one with other tables, or with another program's id, is refused.
 * Asking for the tables also finds a file that was cut short.
 */
function judge(db: Database.Database, { path, readonly, accept }: OpenOptions): boolean {
  const id = db.pragma("application_id", { simple: true });
  const tables = db.prepare<[], number>("SELECT count(*) FROM sqlite_schema").pluck().get();
  if (id === 0 && tables === 0 && !readonly) return true;
  if (id !== APPLICATION_ID) {
    throw new AppError("database_foreign", `${path} is a database of another application, so it was left untouched.`, {
      hint: "Choose another data folder with --data-dir, or move that file away.",
    });
  }
  accept?.(db);
  return false;
}

function applyPragmas(db: Database.Database, options: OpenOptions): void {
  for (const [name, value] of Object.entries(pragmas(options))) {
    db.pragma(`${name} = ${value}`);
    const got = db.pragma(name, { simple: true });
    if (got !== value) throw unusable(options.path, `${name} reads back as ${String(got)} instead of ${value}`);
  }
  const mode = db.pragma("journal_mode", { simple: true });
  if (mode !== "wal" && !options.readonly) throw unusable(options.path, `journal_mode reads back as ${String(mode)}`);
}

const unusable = (path: string, why: string): AppError =>
  new AppError("database_unusable", `${path} cannot be used safely: ${why}.`, {
    hint: "A network or synchronised folder is the usual reason. Keep the data folder on a local disk.",
  });

/** What SQLite says about a file that cannot be used, as a code, a sentence and a hint. */
export function asStartError(error: unknown, path: string): unknown {
  if (error instanceof AppError) return error;
  const code = error instanceof Database.SqliteError ? error.code : "";
  if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")) {
    return new AppError("database_corrupt", `${path} is damaged and was left as it is (${messageOf(error)}).`, {
      hint: "Restore a backup from Databases/backups: move this file with its -wal and -shm away and put the backup in its place.",
      cause: error,
    });
  }
  if (code.startsWith("SQLITE_BUSY")) {
    return new AppError("database_busy", `${path} is locked by another program.`, {
      hint: "Close the program that has it open, then start again.",
      cause: error,
    });
  }
  return new AppError("database_unusable", `${path} could not be opened: ${messageOf(error)}.`, {
    hint: "Check that the folder exists, that you may write to it, and that the disk is not full.",
    cause: error,
  });
}

/** A read-only connection for a reader thread or an ad-hoc look. It waits up to 5 s for a lock. */
export const openReader = (path: string): Database.Database =>
  openDatabase({ path, synchronous: "FULL", busyTimeoutMs: 5000, readonly: true });
