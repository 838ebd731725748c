/**
 * Opens a file only to look at it, as safe mode does: without a single write to it. A file of an older schema is copied
 * to a place of its own and the copy is migrated, so that an old backup can be looked into with today's app.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { AppError } from "../lib/app-error.ts";
import { type MigrateOptions, migrate, refuseNewer, storedVersion } from "./migrations/migrate.ts";
import { openDatabase, openReader } from "./open.ts";
import { CURRENT_SCHEMA_VERSION } from "./schema.ts";

export interface Look {
  db: Database;
  /** Closes the connection, and removes the private copy if there is one. */
  close(): void;
}

/** Throws AppError `schema_newer`, `database_empty`, or what `open.ts` and `migrate.ts` throw. */
export function lookInside(path: string, options: Omit<MigrateOptions, "backUpFirst">): Look {
  const db = openReader(path);
  try {
    refuseNewer(db, options);
    const version = storedVersion(db);
    if (version === CURRENT_SCHEMA_VERSION) return { db, close: () => db.close() };
    if (version === 0) throw nothingInside(path);
    return lookAtCopy(db, path, options);
  } catch (error) {
    db.close();
    throw error;
  }
}

function lookAtCopy(original: Database, path: string, options: Omit<MigrateOptions, "backUpFirst">): Look {
  const folder = mkdtempSync(join(tmpdir(), "workflows-look-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, "workflows.db");
    original.prepare("VACUUM INTO ?").run(copy);
    original.close();
    const writable = openDatabase({ path: copy, synchronous: "NORMAL", busyTimeoutMs: 5000 });
    try {
      // The original is the backup of its copy.
      migrate(writable, { ...options, backUpFirst: () => path });
    } finally {
      writable.close();
    }
    const db = openReader(copy);
    return {
      db,
      close() {
        db.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

const nothingInside = (path: string): AppError =>
  new AppError("database_empty", `${path} holds no workflows yet, so there is nothing to look into.`, {
    hint: "Start without --safe-mode to begin with this data folder.",
  });
