/** The lock, seen from this process and from another one. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { acquireHostLock } from "../../electron/store/host-lock.ts";
import { tempFolder } from "../support/temp-folder.ts";

const MODULE = join(import.meta.dirname, "../../electron/store/host-lock.ts");

/** A program that tries the lock, says whether it got it, and then stays until it is ended. */
const attempt = (path: string, after: string): string[] => [
  "--input-type=module",
  "--eval",
  `import { acquireHostLock } from ${JSON.stringify(MODULE)};
   console.log(acquireHostLock(${JSON.stringify(path)}) ? "got it" : "refused"); ${after}`,
];

const tryFromElsewhere = (path: string): string =>
  execFileSync(process.execPath, attempt(path, ""), { encoding: "utf8" }).trim();

test("one holder at a time, in this process and in others", async () => {
  const path = join(await tempFolder(), "host.lock");
  const lock = acquireHostLock(path);
  expect(lock).not.toBeNull();

  expect(acquireHostLock(path)).toBeNull();
  expect(tryFromElsewhere(path)).toBe("refused");
  // The refused attempts opened and closed the file themselves; that must not have dropped the lock.
  expect(tryFromElsewhere(path)).toBe("refused");

  lock?.release();
  lock?.release();
  expect(tryFromElsewhere(path)).toBe("got it");
});

test("a lock whose process is killed is free at once", async () => {
  const path = join(await tempFolder(), "host.lock");
  const holder = spawn(process.execPath, attempt(path, "setInterval(() => {}, 1000);"), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void holder.kill("SIGKILL"));
  const [said] = await once(holder.stdout, "data");
  expect(String(said).trim()).toBe("got it");
  expect(acquireHostLock(path)).toBeNull();

  holder.kill("SIGKILL");
  await once(holder, "exit");

  const lock = acquireHostLock(path);
  expect(lock).not.toBeNull();
  lock?.release();
});

test("a folder that is not there is an error with a hint, not a refusal", async () => {
  const path = join(await tempFolder(), "missing", "host.lock");
  expect(() => acquireHostLock(path)).toThrow(expect.objectContaining({ code: "data_dir_unusable" }));
});
