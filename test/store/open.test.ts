/** Stories of opening the file: what is set, who may read it, and what is refused without being touched. */
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openDatabase, openReader } from "../../electron/store/open.ts";
import { APPLICATION_ID, CURRENT_SCHEMA_VERSION } from "../../electron/store/schema.ts";
import { openStore } from "../../electron/store/store.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { addRun, aStore, storeOptions } from "./a-store.ts";

const newPath = async (): Promise<string> => join(await tempFolder(), "workflows.db");
const fingerprint = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
const refusal = (work: () => unknown): { code: string; message: string; hint: string } => {
  try {
    work();
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
  throw new Error("it was accepted");
};

test("a new file reads back every setting that its safety rests on", async () => {
  const db = openDatabase({ path: await newPath(), synchronous: "FULL", busyTimeoutMs: 20 });
  const read = (name: string) => db.pragma(name, { simple: true });
  expect({
    application_id: read("application_id"),
    auto_vacuum: read("auto_vacuum"),
    busy_timeout: read("busy_timeout"),
    foreign_keys: read("foreign_keys"),
    journal_mode: read("journal_mode"),
    journal_size_limit: read("journal_size_limit"),
    synchronous: read("synchronous"),
    trusted_schema: read("trusted_schema"),
  }).toEqual({
    application_id: APPLICATION_ID,
    auto_vacuum: 2,
    busy_timeout: 20,
    foreign_keys: 1,
    journal_mode: "wal",
    journal_size_limit: 64 * 1024 * 1024,
    synchronous: 2,
    trusted_schema: 0,
  });
  db.close();
});

test("the synchronous setting may be lowered to NORMAL, and a reader cannot write", async () => {
  const path = await newPath();
  const db = openDatabase({ path, synchronous: "NORMAL", busyTimeoutMs: 20 });
  expect(db.pragma("synchronous", { simple: true })).toBe(1);
  db.exec("CREATE TABLE t (x)");
  const reader = openReader(path);
  expect(() => reader.exec("INSERT INTO t VALUES (1)")).toThrow("readonly");
  reader.close();
  db.close();
});

test("only their owner may read the file, its WAL and its shared memory", async () => {
  const { store, path } = await aStore();
  await addRun(store, "r1");
  for (const suffix of ["", "-wal", "-shm"]) expect(statSync(path + suffix).mode & 0o777, suffix).toBe(0o600);
});

test("a file put in place with an open mode is closed to others", async () => {
  const path = await newPath();
  await openStore(storeOptions(path)).close();
  const copy = await newPath();
  writeFileSync(copy, readFileSync(path), { mode: 0o644 });
  const store = openStore(storeOptions(copy));
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  await store.close();
});

test("an empty file is taken as a new one", async () => {
  const path = await newPath();
  writeFileSync(path, "");
  const store = openStore(storeOptions(path));
  expect(store.schemaVersion()).toBe(CURRENT_SCHEMA_VERSION);
  await store.close();
});

const foreignFiles: [name: string, make: (path: string) => void, code: string][] = [
  ["a database of another application", (path) => foreign(path, "DELETE"), "database_foreign"],
  ["another application's database in WAL mode", (path) => foreign(path, "WAL"), "database_foreign"],
  ["a file that is no database", (path) => writeFileSync(path, "Dear diary, ".repeat(500)), "database_corrupt"],
  ["our own file, cut short", cutShort, "database_corrupt"],
];

test.each(foreignFiles)("%s is refused with a hint, and left byte-identical", async (_name, make, code) => {
  const path = await newPath();
  make(path);
  const before = fingerprint(path);
  const error = refusal(() => openStore(storeOptions(path)));
  expect(error).toMatchObject({ name: "AppError", code });
  expect(error.message).toContain(path);
  expect(error.hint).toBeTruthy();
  expect(fingerprint(path)).toBe(before);
});

test("a foreign database that its own program is writing to keeps its WAL", async () => {
  const path = await newPath();
  const theirs = new Database(path);
  theirs.pragma("journal_mode = WAL");
  theirs.exec("CREATE TABLE theirs (x); INSERT INTO theirs VALUES ('committed')");
  expect(refusal(() => openStore(storeOptions(path))).code).toBe("database_foreign");
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
  expect(theirs.prepare("SELECT x FROM theirs").pluck().get()).toBe("committed");
  theirs.close();
});

test("a foreign database whose program crashed keeps its WAL for it", async () => {
  const path = await newPath();
  const theirs = new Database(path);
  theirs.pragma("journal_mode = WAL");
  theirs.exec("CREATE TABLE theirs (x); INSERT INTO theirs VALUES ('committed')");
  const crashed = await newPath();
  for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, crashed + suffix);
  theirs.close();
  const before = [fingerprint(crashed), fingerprint(`${crashed}-wal`)];
  expect(refusal(() => openStore(storeOptions(crashed))).code).toBe("database_foreign");
  expect([fingerprint(crashed), fingerprint(`${crashed}-wal`)]).toEqual(before);
});

test("a folder that does not exist is named", async () => {
  const error = refusal(() => openStore(storeOptions("/nowhere/at/all/workflows.db")));
  expect(error).toMatchObject({ code: "database_unusable" });
  expect(error.hint).toContain("folder");
});

test("safe mode opens without changing a byte, and refuses every write", async () => {
  const path = await newPath();
  const first = openStore(storeOptions(path));
  await addRun(first, "r1");
  await first.close();
  const before = fingerprint(path);
  const store = openStore(storeOptions(path, { readonly: true }));
  expect(store.runs.get("r1")).toMatchObject({ status: "queued" });
  await expect(addRun(store, "r2")).rejects.toMatchObject({ code: "safe_mode" });
  await store.close();
  expect(fingerprint(path)).toBe(before);
});

function foreign(path: string, mode: "DELETE" | "WAL"): void {
  const db = new Database(path);
  db.pragma(`journal_mode = ${mode}`);
  db.exec("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')");
  db.close();
}

function cutShort(path: string): void {
  const db = openDatabase({ path, synchronous: "FULL", busyTimeoutMs: 20 });
  db.exec("CREATE TABLE workflow_schema_version (version); CREATE TABLE filler (x)");
  db.exec("INSERT INTO filler SELECT hex(randomblob(3000)) FROM generate_series(1, 20)".replace(/FROM.*/, ""));
  db.exec("INSERT INTO filler SELECT hex(randomblob(3000)) FROM filler, (SELECT 1 UNION SELECT 2 UNION SELECT 3)");
  db.close();
  truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096);
}
