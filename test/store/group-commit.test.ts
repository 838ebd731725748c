/** Stories of writing: what shares a transaction, what is rolled back alone, and how a locked file is waited for. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../electron/lib/clock.ts";
import { createGroupCommit, type GroupCommitDeps } from "../../electron/store/group-commit.ts";
import { openStore } from "../../electron/store/store.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { addRun, aRun, aStore, manualClock, storeOptions } from "./a-store.ts";

/** A table of notes behind a group commit, with the batches and commits counted. */
async function aNotebook(deps: Partial<GroupCommitDeps> = {}) {
  const path = `${await tempFolder()}/notes.db`;
  const db = new Database(path, { timeout: 20 });
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT UNIQUE)");
  const seen = { batches: 0, commits: 0, rollbacks: 0 };
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const commits = createGroupCommit({
    db,
    clock: systemClock,
    log: silent,
    beforeBatch: () => void seen.batches++,
    onRollback: () => void seen.rollbacks++,
    afterCommit: () => void seen.commits++,
    ...deps,
  });
  const insert = db.prepare("INSERT INTO notes (text) VALUES (?)");
  const note = (text: string) => commits.write({ name: "note", run: () => Number(insert.run(text).lastInsertRowid) });
  const notes = () => db.prepare("SELECT text FROM notes ORDER BY id").pluck().all();
  onTestFinished(() => void db.close());
  return { db, path, commits, note, notes, seen };
}

test("changes of one turn share one transaction, in the order in which they came", async () => {
  const { note, notes, seen } = await aNotebook();
  const ids = await Promise.all(["a", "b", "c"].map(note));
  expect(ids).toEqual([1, 2, 3]);
  expect(notes()).toEqual(["a", "b", "c"]);
  expect(seen).toMatchObject({ batches: 1, commits: 1 });
});

test("a change resolves only when others can read it", async () => {
  const { note, path } = await aNotebook();
  await note("seen");
  const other = new Database(path);
  expect(other.prepare("SELECT text FROM notes").pluck().all()).toEqual(["seen"]);
  other.close();
});

test("a change that throws is rolled back by itself; the others of its batch commit in order", async () => {
  const { note, notes, commits, db } = await aNotebook();
  const broken = commits.write({
    name: "half",
    run() {
      db.exec("INSERT INTO notes (text) VALUES ('half')");
      throw new Error("second half failed");
    },
  });
  const results = await Promise.allSettled([note("a"), broken, note("b"), note("a"), note("c")]);
  expect(results.map((result) => result.status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  expect(results[1]).toMatchObject({ reason: { message: "second half failed" } });
  expect(results[3]).toMatchObject({ reason: { code: "SQLITE_CONSTRAINT_UNIQUE" } });
  expect(notes()).toEqual(["a", "b", "c"]);
  expect(db.inTransaction).toBe(false);
});

test("a change that throws alone leaves no transaction open, and memory is told to forget", async () => {
  const { note, commits, db, seen, notes } = await aNotebook();
  const broken = commits.write({ name: "broken", run: () => JSON.parse("{") });
  await expect(broken).rejects.toThrow(SyntaxError);
  expect(db.inTransaction).toBe(false);
  expect(seen.rollbacks).toBe(1);
  await note("next");
  expect(notes()).toEqual(["next"]);
});

test("an asynchronous change is refused, and nothing of it is kept", async () => {
  const { commits, db, notes } = await aNotebook();
  const change = commits.write({
    name: "async",
    async run() {
      db.exec("INSERT INTO notes (text) VALUES ('half')");
    },
  });
  await expect(change).rejects.toThrow('"async" is asynchronous');
  expect(notes()).toEqual([]);
});

test("a change that was asked for inside another one's answer commits too", async () => {
  const { note, notes, commits } = await aNotebook();
  await note("first").then(() => note("second"));
  await commits.idle();
  expect(notes()).toEqual(["first", "second"]);
});

/** Another process that holds the write lock until it is told to let go. */
async function holdLock(path: string) {
  const script = `
    const db = new (require("better-sqlite3"))(process.argv[1]);
    db.exec("BEGIN IMMEDIATE");
    process.stdout.write("locked");
    process.stdin.once("data", () => { db.exec("ROLLBACK"); db.close(); process.exit(0); });`;
  const child = spawn(process.execPath, ["-e", script, path], { cwd: dirname(import.meta.dirname), stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return {
    async letGo() {
      child.stdin.write("now");
      await once(child, "exit");
    },
  };
}

test("while another process holds the lock, 500 changes wait in order and the loop keeps turning", async () => {
  const { note, notes, commits, path } = await aNotebook();
  const lock = await holdLock(path);
  const texts = Array.from({ length: 500 }, (_, index) => `note ${index}`);
  const written = Promise.all(texts.map(note));
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 5);
  await new Promise<void>((resolve) => {
    const second = setTimeout(resolve, 1000);
    void written.then(() => clearTimeout(second));
  });
  clearInterval(ticking);
  // A blocked loop would tick a handful of times a second; a free one some two hundred times.
  expect(ticks).toBeGreaterThan(20);
  expect(commits.lockedForMs()).toBeGreaterThan(0);
  expect(notes()).toEqual([]);
  await lock.letGo();
  await written;
  expect(notes()).toEqual(texts);
  expect(commits.lockedForMs()).toBe(0);
});

test("a request gives up after five seconds as database_busy; a run's change stays and is written in the end", async () => {
  const clock = manualClock();
  const { store, sql } = await aStore({ clock });
  sql.exec("BEGIN IMMEDIATE");
  const patient = store.write("of a run", ({ runs }) => runs.insert(aRun("patient")));
  const request = store.write("of a request", ({ runs }) => runs.insert(aRun("request")), "request");
  const refused = expect(request).rejects.toMatchObject({
    code: "database_busy",
    hint: expect.stringContaining("backup tool"),
    extra: { retryAfterSeconds: 2 },
  });
  await turnUntil(
    () => store.lockedForMs() >= 5000,
    () => clock.advance(1000),
  );
  await refused;
  sql.exec("ROLLBACK");
  const writing = turnUntil(
    () => store.runs.get("patient") !== undefined,
    () => clock.advance(1000),
  );
  await Promise.all([patient, writing]);
  expect(store.runs.get("request")).toBeUndefined();
  expect(store.lockedForMs()).toBe(0);
});

/** Let the event loop turn, moving things on each time, until something holds. */
async function turnUntil(holds: () => boolean, moveOn: () => void): Promise<void> {
  while (!holds()) {
    moveOn();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("closing writes what is queued and refuses what comes later", async () => {
  const path = `${await tempFolder()}/workflows.db`;
  const store = openStore(storeOptions(path));
  const queued = addRun(store, "queued");
  const closing = store.close();
  await expect(addRun(store, "late")).rejects.toMatchObject({ code: "shutting_down" });
  await Promise.all([queued, closing]);
  await store.close();
  const again = openStore(storeOptions(path));
  expect(again.runs.get("queued")).toBeDefined();
  expect(again.runs.get("late")).toBeUndefined();
  await again.close();
});

test("the bell rings after a commit, when its rows can be read", async () => {
  const { store } = await aStore();
  const seen: unknown[] = [];
  store.bell.on(() => seen.push(store.runs.get("r1")?.status));
  await addRun(store, "r1");
  expect(seen).toEqual(["queued"]);
});
