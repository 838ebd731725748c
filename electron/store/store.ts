/**
 * The store: one SQLite file behind named reads and one way to write. Reads are synchronous and short. Writes are
 * changes that resolve after COMMIT (`group-commit.ts`). All SQL of the app is in this folder; none is built from values.
 */
import type { Database } from "better-sqlite3";
import { AppError } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { type Bell, createBell } from "./bell.ts";
import type { RecordOutcome, RunRecord } from "./facts.ts";
import { createGroupCommit, type Patience } from "./group-commit.ts";
import { lookInside } from "./look-inside.ts";
import { type MigrateOptions, migrate, refuseNewer, storedVersion } from "./migrations/migrate.ts";
import { asStartError, openDatabase, type Synchronous } from "./open.ts";
import { recordRun } from "./record-run.ts";
import { artifactsTable } from "./tables/artifacts.ts";
import { backupsTable } from "./tables/backups.ts";
import { definitionsTable } from "./tables/definitions.ts";
import { eventsTable } from "./tables/events.ts";
import { runList } from "./tables/run-list.ts";
import { runsTable } from "./tables/runs.ts";
import { stateTable } from "./tables/state.ts";
import { stepRunsTable } from "./tables/step-runs.ts";
import { waitsTable } from "./tables/waits.ts";

export interface StoreOptions {
  path: string;
  synchronous: Synchronous;
  clock: Clock;
  log: Log;
  appVersion: string;
  /** Open without a single write: no migration, no journal, no change. */
  readonly: boolean;
  backUpFirst: MigrateOptions["backUpFirst"];
  findBackupFor?: MigrateOptions["findBackupFor"];
}

/** The writer waits from the event loop, so SQLite itself may only block it for a moment. */
const WRITER_BUSY_MS = 20;
/** While starting there is no loop to wait from, and nobody to keep waiting. */
const START_BUSY_MS = 5000;

export type Store = ReturnType<typeof openStore>;
export type Tables = ReturnType<typeof tablesOf>;

function tablesOf(db: Database, log: Log) {
  return {
    definitions: definitionsTable(db),
    runs: runsTable(db),
    runList: runList(db),
    stepRuns: stepRunsTable(db),
    events: eventsTable(db, log.for("db")),
    waits: waitsTable(db),
    artifacts: artifactsTable(db),
    state: stateTable(db),
    backups: backupsTable(db),
  };
}

/** Open the file, bring it to the current schema and prepare every statement. Throws AppError; see `open.ts`, `migrate.ts`. */
export function openStore(options: StoreOptions) {
  const look = options.readonly ? lookInside(options.path, migrationOf(options)) : null;
  const db = look?.db ?? openAndMigrate(options);
  const log = options.log.for("db");
  const tables = tablesOf(db, options.log);
  const bell: Bell = createBell();
  const dataVersion = db.prepare<[], number>("PRAGMA data_version").pluck();
  let seenDataVersion = dataVersion.get();
  const commits = createGroupCommit({
    db,
    clock: options.clock,
    log,
    beforeBatch() {
      const version = dataVersion.get();
      if (version === seenDataVersion) return;
      seenDataVersion = version;
      tables.events.forget();
    },
    onRollback: tables.events.forget,
    afterCommit: bell.ring,
  });

  return {
    ...tables,
    bell,
    path: options.path,
    readonly: options.readonly,
    schemaVersion: (): number => storedVersion(db),
    /** Throws if the file cannot be read any more. Writes nothing. */
    probe: (): number => storedVersion(db),
    lockedForMs: commits.lockedForMs,
    /**
     * Run a synchronous change in the next group commit. It may be run more than once before it commits, so ids and
     * times come from outside. Resolves with its value after COMMIT.
     */
    write<T>(name: string, run: (tables: Tables) => T, patience: Patience = "run"): Promise<T> {
      if (options.readonly) return Promise.reject(safeMode());
      return commits.write({ name, run: () => run(tables) }, patience);
    },
    /** Save what a worker's run has come to. */
    record(record: RunRecord): Promise<RecordOutcome> {
      if (options.readonly) return Promise.reject(safeMode());
      return commits.write({ name: "record run", run: () => recordRun(tables, record) });
    },
    idle: commits.idle,
    /** Take no more changes, wait for what is queued, fold the WAL back into the file, and close it. */
    async close(): Promise<void> {
      commits.close();
      await commits.idle();
      if (!db.open) return;
      if (look) return look.close();
      db.pragma("wal_checkpoint(TRUNCATE)");
      db.close();
    },
  };
}

const safeMode = (): AppError =>
  new AppError("safe_mode", "This is safe mode: the history can be looked at, but nothing can be started or changed.", {
    hint: "Start without --safe-mode to work with this data folder.",
  });

const migrationOf = (options: StoreOptions): MigrateOptions => ({
  appVersion: options.appVersion,
  now: options.clock.now,
  log: options.log.for("db"),
  backUpFirst: options.backUpFirst,
  findBackupFor: options.findBackupFor,
});

function openAndMigrate(options: StoreOptions): Database {
  const { path, synchronous } = options;
  const migration = migrationOf(options);
  const accept = (db: Database): void => refuseNewer(db, migration);
  const db = openDatabase({ path, synchronous, busyTimeoutMs: START_BUSY_MS, accept });
  try {
    migrate(db, migration);
    db.pragma(`busy_timeout = ${WRITER_BUSY_MS}`);
    // Checkpoints are the maintenance thread's work: one inside a commit would hold up every waiting run.
    db.pragma("wal_autocheckpoint = 0");
    return db;
  } catch (error) {
    db.close();
    throw asStartError(error, path);
  }
}
