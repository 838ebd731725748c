/**
 * The only way rows are written. Changes that arrive in the same turn of the event loop share one transaction, and with
 * it one fsync; that is what makes synchronous=FULL affordable. Each change stands alone: one that throws is rolled back
 * by itself, the others commit.
 *
 * A change is a synchronous function over the tables. It may be run more than once before it commits (the file was
 * locked, a neighbour in the batch failed), so it takes all ids and times from outside and keeps no memory of its own.
 *
 * How a batch goes:
 *  1. all changes run in one BEGIN IMMEDIATE, without savepoints, since nearly always none throws;
 *  2. if one throws, the whole is rolled back and run again with a savepoint around each;
 *  3. if the file is locked, the batch waits, from the event loop, and is tried again as a whole.
 */
import type { Database } from "better-sqlite3";
import { AppError } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";

export interface Change<T> {
  /** Says what it is in the log when it is slow or fails. */
  name: string;
  run(): T;
}

/** How long a change waits for a locked file: a request gives up after 5 s, a run waits as long as it takes. */
export type Patience = "request" | "run";

export interface GroupCommitDeps {
  db: Database;
  clock: Clock;
  log: Logger;
  /** Called inside each batch's transaction before its first change. */
  beforeBatch: () => void;
  /** Called when a batch was rolled back: whatever was remembered about rows is void. */
  onRollback: () => void;
  /** Called after each commit, e.g. to ring the bell for streams. */
  afterCommit: () => void;
}

interface Pending {
  change: Change<unknown>;
  patience: Patience;
  since: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const REQUEST_PATIENCE_MS = 5000;
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 1000;
/** A batch that keeps the engine's thread longer than this, fsync included, is worth a line in the log. */
const SLOW_BATCH_MS = 250;

const isBusy = (error: unknown): boolean => {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" && (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED"));
};

const isFull = (error: unknown): boolean => (error as { code?: unknown }).code === "SQLITE_FULL";

export type GroupCommit = ReturnType<typeof createGroupCommit>;

export function createGroupCommit({ db, clock, log, beforeBatch, onRollback, afterCommit }: GroupCommitDeps) {
  let queue: Pending[] = [];
  let scheduled = false;
  let lockedSince: number | null = null;
  let closed = false;
  const idleWaiters: (() => void)[] = [];
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  const rollback = db.prepare("ROLLBACK");
  const savepoint = db.prepare("SAVEPOINT change");
  const release = db.prepare("RELEASE change");
  const rollbackTo = db.prepare("ROLLBACK TO change");

  /** Queue a change. Resolves with its value after COMMIT; rejects with what it threw, or `database_busy`, `disk_full`. */
  function write<T>(change: Change<T>, patience: Patience = "run"): Promise<T> {
    if (closed) return Promise.reject(new AppError("shutting_down", "The app is shutting down."));
    return new Promise<T>((resolve, reject) => {
      queue.push({ change, patience, since: clock.monotonic(), resolve: resolve as (value: unknown) => void, reject });
      schedule();
    });
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    scheduled = false;
    const batch = queue;
    queue = [];
    if (batch.length === 0) return settle();
    const began = clock.monotonic();
    try {
      runBatch(batch);
      lockedSince = null;
    } catch (error) {
      if (!isBusy(error)) return failBatch(batch, error);
      return waitForLock(batch, error);
    }
    const took = clock.monotonic() - began;
    if (took > SLOW_BATCH_MS)
      log.warn({ ms: Math.round(took), changes: batch.map((p) => p.change.name) }, "slow commit");
    afterCommit();
    settle();
  }

  function runBatch(batch: Pending[]): void {
    const outcomes = tryTogether(batch) ?? tryApart(batch);
    for (const [index, pending] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) pending.reject(new AppError("internal_error", "The change got no outcome."));
      else if ("error" in outcome) pending.reject(asAppError(outcome.error));
      else pending.resolve(outcome.value);
    }
  }

  type Outcome = { value: unknown } | { error: unknown };

  /** All changes without savepoints; undefined when one threw and everything was rolled back. */
  function tryTogether(batch: Pending[]): Outcome[] | undefined {
    begin.run();
    try {
      beforeBatch();
      const values = batch.map((pending) => ({ value: runNow(pending.change) }));
      commit.run();
      return values;
    } catch (error) {
      undo();
      if (isBusy(error)) throw error;
      if (batch.length === 1) return [{ error }];
      return undefined;
    }
  }

  function tryApart(batch: Pending[]): Outcome[] {
    begin.run();
    try {
      beforeBatch();
      const outcomes = batch.map((pending) => tryOne(pending.change));
      commit.run();
      return outcomes;
    } catch (error) {
      undo();
      throw error;
    }
  }

  function tryOne(change: Change<unknown>): Outcome {
    savepoint.run();
    try {
      const value = runNow(change);
      release.run();
      return { value };
    } catch (error) {
      // A full disk may already have ended the transaction; then nothing of this batch can be saved.
      if (!db.inTransaction || isBusy(error)) throw error;
      rollbackTo.run();
      release.run();
      onRollback();
      return { error };
    }
  }

  function undo(): void {
    if (db.inTransaction) rollback.run();
    onRollback();
  }

  function failBatch(batch: Pending[], error: unknown): void {
    log.error({ changes: batch.map((p) => p.change.name), err: String(error) }, "commit failed");
    for (const pending of batch) pending.reject(asAppError(error));
    settle();
  }

  /** Put the batch back before what came since, drop requests that have waited long enough, and try again later. */
  function waitForLock(batch: Pending[], error: unknown): void {
    const now = clock.monotonic();
    if (lockedSince === null) {
      lockedSince = now;
      log.warn({ waiting: batch.length }, "the database is locked by another program; waiting");
    }
    const stay: Pending[] = [];
    for (const pending of batch) {
      if (pending.patience === "request" && now - pending.since >= REQUEST_PATIENCE_MS) pending.reject(busy(error));
      else stay.push(pending);
    }
    queue = [...stay, ...queue];
    if (queue.length === 0) return settle();
    scheduled = true;
    const waited = now - lockedSince;
    clock.after(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS + waited / 4), flush);
  }

  function settle(): void {
    if (queue.length > 0) return schedule();
    for (const wake of idleWaiters.splice(0)) wake();
  }

  return {
    write,
    /** Milliseconds that writing has been held up by a lock; 0 when it is not. */
    lockedForMs: (): number => (lockedSince === null ? 0 : clock.monotonic() - lockedSince),
    /** Resolves when everything queued so far has been written or refused. */
    idle(): Promise<void> {
      if (queue.length === 0 && !scheduled) return Promise.resolve();
      return new Promise((resolve) => idleWaiters.push(resolve));
    },
    /** Take no more changes. */
    close(): void {
      closed = true;
    },
  };
}

/** What an async change does after its first await would be outside of the transaction. */
function runNow(change: Change<unknown>): unknown {
  const value = change.run();
  if (value instanceof Promise) throw new TypeError(`the change "${change.name}" is asynchronous`);
  return value;
}

const busy = (cause: unknown): AppError =>
  new AppError("database_busy", "The database is locked by another program.", {
    hint: "A backup tool, a virus scanner, a sync folder or a database shell holds it. It goes on by itself once that lets go.",
    cause,
    retryAfterSeconds: 2,
  });

function asAppError(error: unknown): unknown {
  if (isBusy(error)) return busy(error);
  if (!isFull(error)) return error;
  return new AppError("disk_full", "The disk with the data folder is full, so nothing more can be saved.", {
    hint: "Free some space; waiting runs go on by themselves.",
    cause: error,
  });
}
