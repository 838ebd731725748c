/** Stories of old and new files. The old ones are made here, by taking from today's tables what came later. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { silentLog } from "../../electron/lib/log.ts";
import { backUpBeforeMigration } from "../../electron/store/migrations/backup-first.ts";
import { migrate, storedVersion } from "../../electron/store/migrations/migrate.ts";
import { MIGRATIONS } from "../../electron/store/migrations/steps.ts";
import { openDatabase } from "../../electron/store/open.ts";
import { APPLICATION_ID, CURRENT_SCHEMA_VERSION, TABLES, VERSION_TABLES } from "../../electron/store/schema.ts";
import { openStore } from "../../electron/store/store.ts";
import { verifyCopy } from "../../electron/store/verify-copy.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { storeOptions } from "./a-store.ts";

const VALIDATION_MODE = /\n\s*validation_mode TEXT[^\n]*,/;
const JSON_PAYLOAD = /(payload_json TEXT NOT NULL DEFAULT '\{\}') CHECK \(json_valid\(payload_json\)\)/;

/** Today's tables without what the versions after this one brought. */
function tablesAt(version: 1 | 2): string {
  const v2 = TABLES.replace(JSON_PAYLOAD, "$1");
  const sql = version === 2 ? v2 : v2.replace(VALIDATION_MODE, "");
  expect(sql).not.toBe(version === 2 ? TABLES : v2);
  return sql;
}

const RUN = `INSERT INTO workflow_runs (run_id, workflow_name, status, created_at, ended_at, inputs_json)
  VALUES ('r1', 'old', 'succeeded', 1000, 2000, '{"who":"Ada"}')`;

/** A file as an app of that version would have left it: rows in every table that is rebuilt, and a used-up event id. */
async function oldFile(version: 1 | 2, extra = ""): Promise<string> {
  const path = join(await tempFolder(), "workflows.db");
  const db = new Database(path);
  db.pragma("auto_vacuum = INCREMENTAL");
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.pragma("journal_mode = WAL");
  db.exec(VERSION_TABLES + tablesAt(version));
  db.exec(`INSERT INTO workflow_schema_version (version) VALUES (${version});
    ${RUN};
    INSERT INTO workflow_step_runs (step_run_id, run_id, step_id, type, status, started_at, ended_at)
      VALUES ('r1:a:1', 'r1', 'a', 'log', 'succeeded', 1000, 1500);
    INSERT INTO workflow_events (run_id, event_seq, event_type, created_at, payload_json)
      VALUES ('r1', 1, 'run_started', 1000, '{"n":1}'), ('r1', 2, 'run_completed', 2000, '{"n":2}'),
             ('r1', 3, 'log', 2000, '{}');
    DELETE FROM workflow_events WHERE event_seq = 3;
    ${extra}`);
  db.close();
  return path;
}

const backingUpTo =
  (copy: string) =>
  (db: Database.Database): string => {
    backUpBeforeMigration(db, copy);
    return copy;
  };

const schemaOf = (path: string): unknown[] =>
  look(path, (db) =>
    db
      .prepare(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name",
      )
      .all(),
  );

function look<T>(path: string, read: (db: Database.Database) => T): T {
  const db = new Database(path, { readonly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

async function freshSchema(): Promise<unknown[]> {
  const path = join(await tempFolder(), "workflows.db");
  await openStore(storeOptions(path)).close();
  return schemaOf(path);
}

const fingerprint = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

test("a new file is born at the current version, in one row, with its history beside it", async () => {
  const path = join(await tempFolder(), "workflows.db");
  await openStore(storeOptions(path)).close();
  expect(look(path, (db) => db.prepare("SELECT version FROM workflow_schema_version").all())).toEqual([
    { version: CURRENT_SCHEMA_VERSION },
  ]);
  expect(look(path, (db) => db.prepare("SELECT version, note FROM workflow_schema_history").all())).toEqual([
    { version: CURRENT_SCHEMA_VERSION, note: "created" },
  ]);
  expect(MIGRATIONS.at(-1)?.version).toBe(CURRENT_SCHEMA_VERSION);
});

test.each([1, 2] as const)(
  "a file of version %i ends with the tables of a new one and all its rows",
  async (version) => {
    const path = await oldFile(version);
    const store = openStore(storeOptions(path));
    expect(store.runs.get("r1")).toMatchObject({
      workflowName: "old",
      validationMode: "block",
      inputsJson: '{"who":"Ada"}',
    });
    expect(store.stepRuns.ofRun("r1")).toMatchObject([{ stepId: "a", status: "succeeded" }]);
    expect(store.events.after("r1", 0, 10).map((event) => event.payloadJson)).toEqual(['{"n":1}', '{"n":2}']);
    await store.close();
    expect(schemaOf(path)).toEqual(await freshSchema());
  },
);

test.each([1, 2] as const)("migrating from %i keeps a used-up event id used up", async (version) => {
  const path = await oldFile(version);
  const store = openStore(storeOptions(path));
  await store.write("append", ({ events }) =>
    events.append("r1", [{ type: "log", payload: { step_id: "a", level: "info", message: "" }, at: 3000 }]),
  );
  expect(store.events.newestId()).toBe(4);
  await store.close();
});

test("an emptied log keeps its sequence too", async () => {
  const path = await oldFile(2, "DELETE FROM workflow_events;");
  const store = openStore(storeOptions(path));
  await store.write("append", ({ events }) =>
    events.append("r1", [{ type: "log", payload: { step_id: "a", level: "info", message: "" }, at: 3000 }]),
  );
  expect(store.events.newestId()).toBe(4);
  await store.close();
});

test("foreign keys are on again after a migration, and still lead to the rebuilt tables", async () => {
  const path = await oldFile(1);
  const store = openStore(storeOptions(path));
  const orphan = store.write("orphan", ({ events }) =>
    events.append("nobody", [{ type: "log", payload: { step_id: "a", level: "info", message: "" }, at: 1 }]),
  );
  await expect(orphan).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT_FOREIGNKEY" });
  await store.close();
});

test("a verified copy exists before the first step runs, and only when there is a step to run", async () => {
  const path = await oldFile(1);
  const db = openDatabase({ path, synchronous: "FULL", busyTimeoutMs: 20 });
  const backup = `${path}.copy`;
  let seenByStep = false;
  const spying = MIGRATIONS.map((step) => ({
    ...step,
    up(inside: Database.Database) {
      seenByStep ||= existsSync(backup);
      if (!seenByStep) throw new Error("no backup yet");
      step.up(inside);
    },
  }));
  const options = {
    appVersion: "0",
    now: () => 0,
    log: silentLog.for("db"),
    backUpFirst: backingUpTo(backup),
    migrations: spying,
  };
  expect(migrate(db, options)).toEqual({ from: 1, to: CURRENT_SCHEMA_VERSION });
  verifyCopy(backup, { schemaVersion: 1, runs: 1, events: 2 });
  const never = () => {
    throw new Error("a current file was backed up");
  };
  expect(migrate(db, { ...options, backUpFirst: never })).toMatchObject({ from: CURRENT_SCHEMA_VERSION });
  db.close();
});

test("a payload that is not JSON stops the step: its event is named, nothing of it is kept, the copy is named", async () => {
  const path = await oldFile(
    2,
    "INSERT INTO workflow_events (run_id, event_seq, event_type, created_at, payload_json) VALUES ('r1', 9, 'log', 1, 'oops');",
  );
  const before = schemaOf(path);
  expect(() => openStore(storeOptions(path))).toThrow(
    expect.objectContaining({
      code: "migration_failed",
      message: expect.stringContaining("events 4"),
      hint: expect.stringContaining(`${path}.before-2`),
    }),
  );
  expect(schemaOf(path)).toEqual(before);
  expect(look(path, storedVersion)).toBe(2);
  verifyCopy(`${path}.before-2`, { schemaVersion: 2, runs: 1, events: 3 });
});

test("when a later step fails, the message says which version the file has reached", async () => {
  const path = await oldFile(
    1,
    "INSERT INTO workflow_events (run_id, event_seq, event_type, created_at, payload_json) VALUES ('r1', 9, 'log', 1, 'oops');",
  );
  expect(() => openStore(storeOptions(path))).toThrow(/to schema 3.*It stays at schema 2/);
  expect(look(path, storedVersion)).toBe(2);
});

test("if the copy cannot be made, no step runs", async () => {
  const path = await oldFile(1);
  const before = schemaOf(path);
  const nowhere = join(path, "no-folder", "copy.db");
  const options = storeOptions(path, { backUpFirst: backingUpTo(nowhere) });
  expect(() => openStore(options)).toThrow(expect.objectContaining({ code: "migration_failed" }));
  expect(schemaOf(path)).toEqual(before);
});

test.each(["WAL", "DELETE"])("a file of a newer app (journal %s) is refused, byte-identical", async (mode) => {
  const path = join(await tempFolder(), "workflows.db");
  await openStore(storeOptions(path)).close();
  const db = new Database(path);
  db.exec(`UPDATE workflow_schema_version SET version = ${CURRENT_SCHEMA_VERSION + 1}`);
  db.pragma(`journal_mode = ${mode}`);
  db.close();
  const before = fingerprint(path);
  const findBackupFor = (version: number) => (version === CURRENT_SCHEMA_VERSION ? "/backups/fits.db" : null);
  expect(() => openStore(storeOptions(path, { findBackupFor }))).toThrow(
    expect.objectContaining({ code: "schema_newer", hint: expect.stringContaining("/backups/fits.db") }),
  );
  expect(fingerprint(path)).toBe(before);
});

test("starting again and again changes no table", async () => {
  const path = await oldFile(1);
  const catalogues: unknown[] = [];
  for (let start = 0; start < 3; start++) {
    await openStore(storeOptions(path)).close();
    catalogues.push(look(path, (db) => db.prepare("SELECT * FROM sqlite_schema ORDER BY rowid").all()));
  }
  expect(catalogues[1]).toEqual(catalogues[0]);
  expect(catalogues[2]).toEqual(catalogues[0]);
  expect(look(path, (db) => db.prepare("SELECT version FROM workflow_schema_history").pluck().all())).toEqual([2, 3]);
});

test("looking into an older file migrates a private copy: the file keeps every byte, and the copy goes with the look", async () => {
  const path = await oldFile(1);
  const before = fingerprint(path);
  const store = openStore(storeOptions(path, { readonly: true }));
  expect(store.runs.get("r1")).toMatchObject({ workflowName: "old", validationMode: "block" });
  await expect(store.write("anything", () => 1)).rejects.toMatchObject({ code: "safe_mode" });
  await store.close();
  expect(fingerprint(path)).toBe(before);
});

test("looking into a newer file, or one without tables, is refused with a sentence", async () => {
  const newer = await oldFile(1, `UPDATE workflow_schema_version SET version = ${CURRENT_SCHEMA_VERSION + 1}`);
  expect(() => openStore(storeOptions(newer, { readonly: true }))).toThrow(
    expect.objectContaining({ code: "schema_newer" }),
  );
  const empty = join(await tempFolder(), "workflows.db");
  const db = new Database(empty);
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.close();
  expect(() => openStore(storeOptions(empty, { readonly: true }))).toThrow(
    expect.objectContaining({ code: "database_empty" }),
  );
});
