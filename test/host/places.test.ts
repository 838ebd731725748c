/** Where things lie: the data folder by flag, variable or system, and the database by its address. */
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { prepareDataDir, resolveDataDir } from "../../electron/host/data-dir.ts";
import { checkDatabasePlace, locateDatabase, maskUrl } from "../../electron/host/database-url.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("the flag wins over the variable, the variable over the system's folder", () => {
  const env = { WORKFLOWS_DATA_DIR: "/from/env", XDG_DATA_HOME: "/xdg" };
  expect(resolveDataDir(["--data-dir", "/from/flag"], env)).toBe("/from/flag");
  expect(resolveDataDir(["--port", "1", "--data-dir=/from/flag"], env)).toBe("/from/flag");
  expect(resolveDataDir([], env)).toBe("/from/env");
  expect(resolveDataDir(["--data-dir", "here"], env)).toBe(resolve("here"));
});

test.runIf(process.platform === "linux")("on Linux the system's folder follows the XDG variable", () => {
  expect(resolveDataDir([], { XDG_DATA_HOME: "/xdg" })).toBe("/xdg/workflows-desktop");
  expect(resolveDataDir([], {})).toBe(join(homedir(), ".local/share/workflows-desktop"));
});

test.each([
  [null, "/data/Databases/workflows.db", null],
  ["sqlite:////srv/history.db", "/srv/history.db", null],
  ["sqlite:///history.db", "/data/Databases/history.db", null],
  ["sqlite:////srv/with%20space.db?mode=rwc", "/srv/with space.db", null],
  ["/srv/plain.db", "/srv/plain.db", null],
  ["plain.db", "/data/Databases/plain.db", null],
  [
    "postgres://me:pw@host:5432/db?schema=mine",
    "/data/Databases/workflows.db",
    "postgres://me:***@host:5432/db?schema=mine",
  ],
  ["postgresql://host/db", "/data/Databases/workflows.db", "postgresql://host/db"],
])("the address %j", (url, databasePath, remote) => {
  expect(locateDatabase(url, "/data")).toEqual({ databasePath, remote });
});

test.each([
  "mysql://me:hunter22@h/d",
  "sqlite://two-slashes.db",
  "sqlite:///",
  "sqlite:///:memory:",
  ":memory:",
  "sqlite:///../../x.db",
  "../x.db",
  "/srv/folder/",
  "sqlite:///%zz.db",
  "postgres:///db",
])("%j is refused with a code, a sentence and a hint", (url) => {
  const refused = (): unknown => locateDatabase(url, "/data");
  expect(refused).toThrow(
    expect.objectContaining({ code: "database_url_invalid", hint: expect.stringContaining("sqlite:////") }),
  );
  expect(refused).not.toThrow(/hunter22/);
});

test("a password is masked wherever it stands", () => {
  expect(maskUrl("postgres://me:pw@host/db?password=pw2&sslmode=require")).toBe(
    "postgres://me:***@host/db?password=***&sslmode=require",
  );
  expect(maskUrl("not a url with pw")).toBe("***");
});

test("a database is not put where a folder is, nor in a folder that is not there, and nothing is left behind", async () => {
  const folder = await tempFolder();
  mkdirSync(join(folder, "taken.db"));
  expect(() => checkDatabasePlace(join(folder, "taken.db"))).toThrow(/taken\.db is a folder/);
  expect(() => checkDatabasePlace(join(folder, "missing", "x.db"))).toThrow(/the folder \S+missing does not exist/);
  checkDatabasePlace(join(folder, "new.db"));
  expect(readdirSync(folder)).toEqual(["taken.db"]);
});

test.runIf(process.platform === "linux")("a data folder that cannot be made is refused and does not hang", () => {
  expect(() => prepareDataDir("/proc/x")).toThrow(expect.objectContaining({ code: "data_dir_unusable" }));
});

test("a file in the place of the data folder is refused, and keeps its mode", async () => {
  const file = join(await tempFolder(), "file");
  writeFileSync(file, "", { mode: 0o640 });
  expect(() => prepareDataDir(file)).toThrow(expect.objectContaining({ code: "data_dir_unusable" }));
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

test.runIf(process.platform !== "win32")("folders and the log that were open to others are closed", async () => {
  const dataDir = await tempFolder();
  prepareDataDir(dataDir);
  const log = join(dataDir, "logs", "workflows.log");
  writeFileSync(log, "");
  const opened = ["", "Databases", "logs", "cache/compile"].map((folder) => join(dataDir, folder));
  for (const path of opened) chmodSync(path, 0o755);
  chmodSync(log, 0o644);

  prepareDataDir(dataDir);

  expect(opened.map((path) => statSync(path).mode & 0o777)).toEqual(opened.map(() => 0o700));
  expect(statSync(log).mode & 0o777).toBe(0o600);
});
