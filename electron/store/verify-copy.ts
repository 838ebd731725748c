/**
 * Is this copy of the database whole? Integrity alone proves nothing: a copy that broke off half-way is an empty file,
 * and SQLite calls that one sound. So the application id, the version and the row counts must be right as well.
 */
import Database from "better-sqlite3";
import { storedVersion } from "./migrations/migrate.ts";
import { APPLICATION_ID } from "./schema.ts";

export interface CopyFacts {
  schemaVersion: number;
  runs: number;
  events: number;
}

/** Counts as the given connection sees them; within a transaction that is one moment. */
export function factsOf(db: Database.Database): CopyFacts {
  const count = (table: "workflow_runs" | "workflow_events") =>
    db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
  return { schemaVersion: storedVersion(db), runs: count("workflow_runs"), events: count("workflow_events") };
}

/**
 * Make a finished copy a single self-contained file and check it. Throws with the reason if anything is not as it should be.
 * @param expected the facts of the original at the moment that was copied
 */
export function verifyCopy(path: string, expected: CopyFacts): void {
  const db = new Database(path, { fileMustExist: true });
  try {
    if (db.pragma("application_id", { simple: true }) !== APPLICATION_ID)
      throw new Error("it is not one of our databases");
    // The copy of a WAL database is in WAL mode itself, and could then not be opened from a read-only folder.
    db.pragma("journal_mode = DELETE");
    const problems = db.pragma("integrity_check(5)") as { integrity_check: string }[];
    if (problems[0]?.integrity_check !== "ok") throw new Error(problems.map((row) => row.integrity_check).join("; "));
    const orphans = db.pragma("foreign_key_check") as unknown[];
    if (orphans.length > 0) throw new Error(`${orphans.length} rows point at nothing`);
    const facts = factsOf(db);
    for (const name of ["schemaVersion", "runs", "events"] as const) {
      if (facts[name] !== expected[name]) throw new Error(`${name} is ${facts[name]} instead of ${expected[name]}`);
    }
  } finally {
    db.close();
  }
}
