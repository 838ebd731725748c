/**
 * Brings a file to the current schema: a new one gets the tables as they are now, an older one walks the numbered steps,
 * a newer one is refused untouched. Before any step there is a verified backup.
 */
import type { Database } from "better-sqlite3";
import { AppError, messageOf } from "../../lib/app-error.ts";
import type { Logger } from "../../lib/log.ts";
import { CURRENT_SCHEMA_VERSION, TABLES, VERSION_TABLES } from "../schema.ts";
import { MIGRATIONS, type Migration } from "./steps.ts";

export interface MigrateOptions {
  appVersion: string;
  now: () => number;
  log: Logger;
  /** Makes a verified copy of the file before its first change, and gives its path. */
  backUpFirst: (db: Database, version: number) => string;
  /** Looks for a backup whose schema this app can read, to name it when a newer file is refused. */
  findBackupFor?: (version: number) => string | null;
  migrations?: readonly Migration[];
}

/** The stored version; 0 for a file without tables. */
export function storedVersion(db: Database): number {
  const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'workflow_schema_version'").get();
  if (!exists) return 0;
  return db.prepare<[], number>("SELECT version FROM workflow_schema_version").pluck().get() ?? 0;
}

/**
 * Returns the version the file had and has. Throws AppError `schema_newer` (the file was not written) or
 * `migration_failed` (that step was rolled back; those before it stay, and the backup is from before all of them).
 */
export function migrate(db: Database, options: MigrateOptions): { from: number; to: number } {
  refuseNewer(db, options);
  const from = storedVersion(db);
  if (from === CURRENT_SCHEMA_VERSION) return { from, to: from };
  if (from === 0) create(db, options);
  else walk(db, from, options);
  return { from, to: CURRENT_SCHEMA_VERSION };
}

/** Only reads. Throws AppError `schema_newer`, naming the backup that fits this app if there is one. */
export function refuseNewer(db: Database, { findBackupFor }: Pick<MigrateOptions, "findBackupFor">): void {
  const version = storedVersion(db);
  if (version <= CURRENT_SCHEMA_VERSION) return;
  const backup = findBackupFor?.(CURRENT_SCHEMA_VERSION) ?? null;
  throw new AppError(
    "schema_newer",
    `The database has schema ${version}, which is newer than this app understands (${CURRENT_SCHEMA_VERSION}). It was not touched.`,
    {
      hint: backup
        ? `Start the newer app again, or put the backup that fits this app in its place: ${backup}`
        : "Start the newer app again, or use another data folder with --data-dir.",
    },
  );
}

/** All tables in one transaction, so that a crash leaves either nothing or everything. */
function create(db: Database, options: MigrateOptions): void {
  db.transaction(() => {
    db.exec(VERSION_TABLES);
    db.exec(TABLES);
    db.prepare("INSERT INTO workflow_schema_version (version) VALUES (?)").run(CURRENT_SCHEMA_VERSION);
    remember(db, CURRENT_SCHEMA_VERSION, "created", options);
  }).immediate();
  options.log.info({ version: CURRENT_SCHEMA_VERSION }, "schema created");
}

function walk(db: Database, from: number, options: MigrateOptions): void {
  const backup = options.backUpFirst(db, from);
  options.log.info({ from, to: CURRENT_SCHEMA_VERSION, backup }, "schema migration start");
  const steps = (options.migrations ?? MIGRATIONS).filter((step) => step.version > from);
  for (const step of steps) apply(db, step, options, backup);
  const reached = storedVersion(db);
  if (reached !== CURRENT_SCHEMA_VERSION) {
    throw new AppError(
      "migration_failed",
      `The migrations end at schema ${reached} instead of ${CURRENT_SCHEMA_VERSION}.`,
    );
  }
  options.log.info({ version: reached }, "schema migration complete");
}

function apply(db: Database, step: Migration, options: MigrateOptions, backup: string): void {
  const began = options.now();
  // SQLite ignores this pragma inside a transaction, and a table rebuild needs it off.
  db.pragma("foreign_keys = OFF");
  try {
    db.transaction(() => {
      step.up(db);
      const orphans = db.pragma("foreign_key_check") as unknown[];
      if (orphans.length > 0) throw new Error(`${orphans.length} rows would point at nothing`);
      db.prepare("UPDATE workflow_schema_version SET version = ?").run(step.version);
      remember(db, step.version, step.title, options);
    }).immediate();
  } catch (error) {
    throw new AppError(
      "migration_failed",
      `The database could not be brought to schema ${step.version}: ${messageOf(error)}. It stays at schema ${storedVersion(db)}.`,
      { hint: `A copy from before is at ${backup}.`, cause: error },
    );
  } finally {
    db.pragma("foreign_keys = ON");
  }
  options.log.info({ version: step.version, ms: options.now() - began }, "schema migration step done");
}

function remember(db: Database, version: number, note: string, { appVersion, now }: MigrateOptions): void {
  db.prepare(
    "INSERT INTO workflow_schema_history (version, applied_at, app_version, note) VALUES (@version, @at, @appVersion, @note)",
  ).run({ version, at: now(), appVersion, note });
}
