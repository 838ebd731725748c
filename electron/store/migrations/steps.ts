/**
 * The numbered migrations. Each takes a file from the version before to its own, in one transaction with the bump.
 * Never edited after a release. SQLite and Postgres share the numbers.
 *
 * v1 and v2 were never in a person's hands: they are the runbook's history, kept so that its v3 step is a real one.
 *  v1  runs, steps, events with `payload_json` as plain TEXT
 *  v2  a run remembers its `validation_mode`
 *  v3  `payload_json` must be valid JSON (JSONB and GIN on Postgres)
 */
import type { Database } from "better-sqlite3";

export interface Migration {
  /** The version the file has afterwards. */
  version: number;
  title: string;
  up(db: Database): void;
}

const addValidationMode: Migration = {
  version: 2,
  title: "A run remembers its validation mode",
  up(db) {
    rebuild(db, "workflow_runs", (sql) => sql.replace(/,(\s*session_id TEXT,)/, `,${VALIDATION_MODE},$1`));
  },
};

const VALIDATION_MODE = `
  validation_mode TEXT NOT NULL DEFAULT 'block' CHECK (validation_mode IN ('block', 'non-block'))`;

const requireJsonPayloads: Migration = {
  version: 3,
  title: "Event payloads are valid JSON",
  up(db) {
    const bad = db
      .prepare<[], { id: number }>(
        "SELECT event_id AS id FROM workflow_events WHERE NOT json_valid(payload_json) LIMIT 20",
      )
      .all();
    if (bad.length > 0) {
      const ids = bad.map((row) => row.id).join(", ");
      throw new Error(`events ${ids} hold payloads that are not JSON; repair those rows first`);
    }
    rebuild(db, "workflow_events", (sql) =>
      sql.replace(
        "payload_json TEXT NOT NULL DEFAULT '{}'",
        "payload_json TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(payload_json))",
      ),
    );
  },
};

export const MIGRATIONS: readonly Migration[] = [addValidationMode, requireJsonPayloads];

/**
 * Change what a column is, the way SQLite allows it: the table steps aside under another name, a new one of the changed
 * shape takes over its rows and indexes. The new one is created under its own name, so that its SQL in the catalogue is
 * letter for letter that of a new file. Foreign keys must be off.
 * Sequences of AUTOINCREMENT are kept, since ids are stream cursors and are never reused.
 */
function rebuild(db: Database, table: string, change: (sql: string) => string): void {
  const schema = db
    .prepare<[string], string>("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?")
    .pluck();
  const before = schema.get(table);
  if (before === undefined) throw new Error(`the table ${table} is missing`);
  const after = change(before);
  if (after === before) throw new Error(`the table ${table} does not have the shape this migration expects`);
  const indexes = db
    .prepare<[string], string>(
      "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
    )
    .pluck()
    .all(table);
  const columns = columnsOf(db, table).join(", ");
  const sequence = autoincrementOf(db, table);
  // legacy_alter_table keeps the foreign keys of other tables pointing at the name instead of following the rename.
  db.pragma("legacy_alter_table = ON");
  db.exec(`ALTER TABLE ${table} RENAME TO ${table}_before`);
  db.pragma("legacy_alter_table = OFF");
  db.exec(after);
  db.exec(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${table}_before`);
  db.exec(`DROP TABLE ${table}_before`);
  for (const index of indexes) db.exec(index);
  if (sequence !== undefined) keepSequence(db, table, sequence);
}

/** An empty table has no row there yet. */
function keepSequence(db: Database, table: string, sequence: number): void {
  const { changes } = db.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = ?").run(sequence, table);
  if (changes === 0) db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)").run(table, sequence);
}

const columnsOf = (db: Database, table: string): string[] =>
  db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);

function autoincrementOf(db: Database, table: string): number | undefined {
  const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get();
  if (!exists) return undefined;
  return db.prepare<[string], number>("SELECT seq FROM sqlite_sequence WHERE name = ?").pluck().get(table);
}
