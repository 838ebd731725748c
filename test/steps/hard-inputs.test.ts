/** Inputs that would hold up the host or break a step: pipes and devices for files, patterns without end, zero bytes. */
import { execFileSync } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createArtifactStore } from "../../electron/engine/artifact-store.ts";
import { stepBench } from "../support/step-context.ts";

describe.skipIf(process.platform === "win32")("what is not a regular file", async () => {
  const bench = await stepBench({ approved: ["/dev", "/proc/self"] });
  const pipe = join(bench.folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const refused = (what: string) => ({
    status: "failed",
    failure: { code: "file_error", message: expect.stringContaining(what), retryable: false },
  });

  test.each(["text", "lines", "json", "csv"])("file_read as %s refuses a pipe and says what it is", async (parse) => {
    expect(await bench.run("file_read", { path: "pipe", parse })).toMatchObject(refused("pipe is a named pipe"));
  });

  test("file_read refuses a device and a folder", async () => {
    expect(await bench.run("file_read", { path: "/dev/zero" })).toMatchObject(refused("a device"));
    expect(await bench.run("file_read", { path: "." })).toMatchObject(refused("a folder"));
  });

  test("nothing is appended to a pipe, zipped from it, or asked of it in SQL", async () => {
    expect(await bench.run("file_write", { path: "pipe", content: "x", mode: "append" })).toMatchObject(
      refused("a named pipe"),
    );
    expect(await bench.run("zip", { paths: ["pipe"] })).toMatchObject(refused("a named pipe"));
    expect(await bench.run("sqlite_query", { path: "pipe", sql: "SELECT 1" })).toMatchObject(refused("a named pipe"));
  });

  test("no pipe becomes an artifact", async () => {
    const store = createArtifactStore({ dir: join(bench.folder, "kept"), ids: { next: () => "one" } });
    await expect(store.keep({ path: pipe })).rejects.toMatchObject({ code: "file_error" });
  });

  test("append makes the file, and adds to it", async () => {
    await mkdir(join(bench.folder, "logs"));
    for (const content of ["a", "b"]) await bench.run("file_write", { path: "logs/log", content, mode: "append" });
    expect(await readFile(join(bench.folder, "logs", "log"), "utf8")).toBe("ab");
  });

  test.runIf(process.platform === "linux")("max_bytes holds for a file that claims to be empty", async () => {
    const path = "/proc/self/status";
    for (const parse of ["text", "csv"]) {
      expect(await bench.run("file_read", { path, parse, max_bytes: 10 })).toMatchObject(refused("more than 10 bytes"));
    }
    expect(await bench.run("zip", { paths: [path], max_bytes: 10 })).toMatchObject(refused("more than 10 bytes"));
  });
});

test("a pattern without end is ended as a timeout, and the hint says what to set", async () => {
  const bench = await stepBench();
  const endless = { text: `${"a".repeat(40)}!`, pattern: "^(a+)+$" };
  expect(await bench.run("regex_extract", endless, { overrides: { timeoutMs: 50 } })).toMatchObject({
    failure: { code: "timeout", hint: expect.stringContaining("timeout_seconds") },
  });
  expect(await bench.run("regex_extract", endless)).toMatchObject({
    failure: { code: "timeout", message: expect.stringContaining("within 5 s") },
  });
}, 15_000);

test.each([
  ["command", { command: "echo \0" }],
  ["argv", { argv: ["echo", "a\0b"] }],
  ["cwd", { command: "true", cwd: "a\0b" }],
  ["env", { command: "true", env: { NAME: "a\0b" } }],
  ["env", { command: "true", env: { "NA\0ME": "a" } }],
])("shell refuses a zero byte in %s before anything runs, and names the field", async (field, config) => {
  const bench = await stepBench();
  await expect(bench.run("shell", config)).rejects.toMatchObject({
    issues: [expect.objectContaining({ path: expect.arrayContaining([field]) })],
  });
});

test.skipIf(process.platform === "win32")("a zero byte is plain data to a command's standard input", async () => {
  const bench = await stepBench();
  expect(await bench.run("shell", { command: "tr '\\0' ,", stdin: "a\0b" })).toMatchObject({
    outputs: { stdout: "a,b" },
  });
});
