/** Stories of checking a copy: SQLite calls an empty file sound, so more than integrity is looked at. */
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { factsOf, verifyCopy } from "../../electron/store/verify-copy.ts";
import { addRun, aStore, logEvent } from "./a-store.ts";

async function aCopy() {
  const { store, sql, folder } = await aStore();
  await store.write("events", (tables) => {
    for (const runId of ["r1", "r2"]) {
      tables.runs.insert({ ...emptyRun, runId });
      tables.events.append(
        runId,
        Array.from({ length: 50 }, (_, at) => logEvent(`line ${at} ${"x".repeat(200)}`)),
      );
    }
  });
  const path = join(folder, "copy.db");
  sql.prepare("VACUUM INTO ?").run(path);
  return { path, facts: factsOf(sql), store, folder };
}

const emptyRun = {
  workflowId: null,
  workflowName: "w",
  definitionVersion: null,
  createdAt: 1,
  lane: "",
  priority: 0,
  stepsTotal: 0,
  startedBy: "test",
  parentRunId: null,
  validationMode: "block",
  sessionId: null,
  idempotencyKey: null,
  requestHash: null,
  metadataJson: null,
  inputsJson: "{}",
  definitionJson: "{}",
} as const;

test("a whole copy passes, and is one file that needs no WAL beside it", async () => {
  const { path, facts } = await aCopy();
  expect(facts).toMatchObject({ runs: 2, events: 100 });
  verifyCopy(path, facts);
  const db = new Database(path, { readonly: true });
  expect(db.pragma("journal_mode", { simple: true })).toBe("delete");
  db.close();
});

test("an empty file is rejected although SQLite calls it sound", async () => {
  const { facts, folder } = await aCopy();
  const path = join(folder, "empty.db");
  writeFileSync(path, "");
  const sound = new Database(path);
  expect(sound.pragma("integrity_check", { simple: true })).toBe("ok");
  sound.close();
  expect(() => verifyCopy(path, facts)).toThrow("not one of our databases");
});

test("a copy that broke off is rejected", async () => {
  const { path, facts } = await aCopy();
  truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096);
  expect(() => verifyCopy(path, facts)).toThrow();
});

test("a copy with a page of rubbish is rejected", async () => {
  const { path, facts } = await aCopy();
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, statSync(path).size - 3 * 4096);
  closeSync(file);
  expect(() => verifyCopy(path, facts)).toThrow();
});

test("a sound database of somebody else is rejected, and not changed by that", async () => {
  const { facts, folder } = await aCopy();
  const path = join(folder, "foreign.db");
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE workflow_runs (x); CREATE TABLE workflow_events (x)");
  db.close();
  const before = readFileSync(path);
  expect(() => verifyCopy(path, facts)).toThrow("not one of our databases");
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a copy from before the last run is rejected, and the missing count is named", async () => {
  const { path, facts, store } = await aCopy();
  await addRun(store, "r3");
  expect(() => verifyCopy(path, { ...facts, runs: 3 })).toThrow("runs is 2 instead of 3");
});
