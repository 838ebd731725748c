/** Secrets at rest: sealed, kept apart from their key, wiped, and never half-written. */
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openVault } from "../../../electron/engine/secrets/vault.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const MARKER = "correct horse battery staple";

test("nothing is written before there is a secret", async () => {
  const dir = await tempFolder();
  expect(openVault(dir).names()).toEqual([]);
  expect(openVault(dir).ofRun("r1")).toEqual({});
  expect(readdirSync(dir)).toEqual([]);
});

test("a secret outlives the process and lies in no file in the clear", async () => {
  const dir = await tempFolder();
  openVault(dir).setNamed("SMTP", MARKER);
  openVault(dir).keepForRun("r1", { token: `${MARKER} 2` });
  expect(openVault(dir).named("SMTP")).toBe(MARKER);
  expect(openVault(dir).ofRun("r1")).toEqual({ token: `${MARKER} 2` });
  for (const name of readdirSync(dir)) {
    expect(readFileSync(join(dir, name), "utf8")).not.toContain("horse");
    expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
  }
});

test("a run's secrets are wiped without touching the others", async () => {
  const dir = await tempFolder();
  const vault = openVault(dir);
  vault.setNamed("kept", MARKER);
  vault.keepForRun("r1", { a: "first secret" });
  vault.keepForRun("r2", { a: "second secret" });
  vault.wipeRun("r1");
  expect(openVault(dir).runs()).toEqual(["r2"]);
  expect(openVault(dir).ofRun("r1")).toEqual({});
  expect(openVault(dir).named("kept")).toBe(MARKER);
});

test("a value moved to another name, or under another key, does not open", async () => {
  const dir = await tempFolder();
  openVault(dir).setNamed("a", MARKER);
  const path = join(dir, "secrets.sealed");
  const content = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...content, named: { b: content.named.a } }));
  expect(() => openVault(dir).named("b")).toThrow(expect.objectContaining({ code: "secrets_unreadable" }));

  renameSync(join(dir, "secrets.key"), join(dir, "old.key"));
  writeFileSync(path, JSON.stringify(content));
  const other = openVault(dir);
  other.setNamed("c", "makes a new key");
  expect(() => other.named("a")).toThrow(expect.objectContaining({ code: "secrets_unreadable" }));
});

test("a damaged file is refused with what to do, and left as it is", async () => {
  const dir = await tempFolder();
  const path = join(dir, "secrets.sealed");
  writeFileSync(path, "{ not json");
  expect(() => openVault(dir).names()).toThrow(expect.objectContaining({ code: "secrets_unreadable" }));
  expect(readFileSync(path, "utf8")).toBe("{ not json");
});
