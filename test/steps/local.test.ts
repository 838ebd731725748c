/** Commands and files, for real: child processes, their children, and a temporary folder. */
import { spawn } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, describe, expect, test, vi } from "vitest";
import { cappedOutput, OUTPUT_CAP_BYTES } from "../../electron/steps/capped-output.ts";
import { stepBench } from "../support/step-context.ts";

const bench = await stepBench();
const file = (name: string) => join(bench.folder, name);
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** A number that a command writes to a file once it has it. */
const pidIn = (name: string) =>
  vi.waitFor(
    async () =>
      Number(/^(\d+)\n/.exec(await readFile(file(name), "utf8"))?.[1]) || Promise.reject(new Error("not yet")),
    5000,
  );
const ended = (pid: number) => vi.waitFor(() => expect(isAlive(pid)).toBe(false), 5000);

afterEach(() => vi.unstubAllEnvs());

describe.skipIf(process.platform === "win32")("shell", () => {
  test("gives the exit code and what was written", async () => {
    const result = await bench.run("shell", { command: "echo out; echo err >&2" });
    expect(result).toMatchObject({
      status: "ok",
      outputs: { exit_code: 0, stdout: "out\n", stderr: "err\n", duration_ms: expect.any(Number) },
    });
  });

  test("argv goes to the program as it is, without a shell", async () => {
    expect(await bench.run("shell", { argv: ["printf", "%s|", "$HOME", "a b", "; ls"] })).toMatchObject({
      outputs: { stdout: "$HOME|a b|; ls|" },
    });
  });

  test("runs in the run's folder, with stdin, its own environment and nothing secret of ours", async () => {
    vi.stubEnv("VERY_SECRET_TOKEN", "do-not-pass-on");
    const result = await bench.run("shell", {
      command: 'pwd; cat; echo "$OWN-$VERY_SECRET_TOKEN"; test -n "$PATH" && echo path',
      stdin: "in\n",
      env: { OWN: 5 },
    });
    expect(result).toMatchObject({ outputs: { stdout: `${bench.folder}\nin\n5-\npath\n` } });
  });

  test("a non-zero exit is a failure that keeps its outputs, unless it is named a success", async () => {
    expect(await bench.run("shell", { command: "echo why >&2; exit 3" })).toMatchObject({
      status: "failed",
      failure: { code: "command_failed", message: expect.stringContaining("why") },
      outputs: { error: "command_failed", exit_code: 3, stderr: "why\n" },
    });
    expect(await bench.run("shell", { command: "exit 3", success_codes: [0, 3] })).toMatchObject({
      status: "ok",
      outputs: { exit_code: 3 },
    });
  });

  test("a program that is not there is told apart", async () => {
    expect(await bench.run("shell", { argv: ["no-such-program-here"] })).toMatchObject({
      failure: { code: "command_not_found" },
    });
    expect(await bench.run("shell", { command: "no-such-program-here" })).toMatchObject({
      failure: { code: "command_not_found" },
    });
  });

  test("reads lines and JSON, and says when the output is neither", async () => {
    expect(await bench.run("shell", { command: "printf 'a\\nb\\n'", parse: "lines" })).toMatchObject({
      outputs: { lines: ["a", "b"] },
    });
    expect(await bench.run("shell", { command: "echo '{\"a\":1}'", parse: "json" })).toMatchObject({
      outputs: { json: { a: 1 } },
    });
    expect(await bench.run("shell", { command: "echo no", parse: "json" })).toMatchObject({
      failure: { code: "command_output_invalid" },
    });
  });

  test("either a command or argv, not both", async () => {
    await expect(bench.run("shell", {})).rejects.toThrow("either command or argv");
    await expect(bench.run("shell", { command: "ls", argv: ["ls"] })).rejects.toThrow("either command or argv");
  });

  test("shows the last of a long output while it runs and keeps both ends of it", async () => {
    const result = await bench.run("shell", {
      command: "echo first; yes 0123456789 | head -c 3000000; echo; echo last",
    });
    const { stdout, truncated } = (result.status === "ok" ? result.outputs : {}) as {
      stdout: string;
      truncated: boolean;
    };
    expect(truncated).toBe(true);
    expect(stdout.length).toBeLessThan(OUTPUT_CAP_BYTES + 100);
    expect(stdout.startsWith("first\n")).toBe(true);
    expect(stdout.endsWith("last\n")).toBe(true);
    expect(bench.tails.at(-1)?.stdout_tail?.endsWith("last\n")).toBe(true);
  });

  test("a cancel ends the whole tree, also what ignores being asked", async () => {
    const cancel = new AbortController();
    const running = bench.run(
      "shell",
      { command: "trap '' TERM; (trap '' TERM; exec sleep 600) & echo $! > stubborn.pid; wait" },
      { signal: cancel.signal },
    );
    const pid = await pidIn("stubborn.pid");
    cancel.abort();
    expect(await running).toEqual({ status: "cancelled" });
    await ended(pid);
  });

  test("its own time limit ends it as a timeout", async () => {
    const result = await bench.run("shell", { command: "echo begun; sleep 600", timeout_seconds: 0.3 });
    expect(result).toMatchObject({ failure: { code: "timeout" }, outputs: { error: "timeout", stdout: "begun\n" } });
  });

  test("what a command leaves running ends with its step", async () => {
    expect(await bench.run("shell", { command: "sleep 600 & echo $! > left.pid; echo done" })).toMatchObject({
      outputs: { stdout: "done\n" },
    });
    await ended(await pidIn("left.pid"));
  });

  test("when the host is killed, the command and its children end too", async () => {
    const bench = new URL("../support/step-context.ts", import.meta.url).href;
    const script = `const { stepBench } = await import(${JSON.stringify(bench)}); const b = await stepBench();
      await b.run("shell", { command: "sleep 600 & echo $! > ${file("orphan.pid")}; wait" });`;
    const host = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
    const pid = await pidIn("orphan.pid");
    host.kill("SIGKILL");
    await ended(pid);
  });

  test("a program that waits for all its children is not held up by ours", async () => {
    const node =
      "const { spawnSync } = require('child_process'); process.stdout.write(spawnSync('sh', ['-c', 'wait; echo free']).stdout)";
    expect(await bench.run("shell", { argv: [process.execPath, "-e", node] })).toMatchObject({
      outputs: { stdout: "free\n" },
    });
    expect(
      await bench.run("shell", { command: "sleep 0 & wait; ps -o ppid= -p $$ >/dev/null; echo free" }),
    ).toMatchObject({ outputs: { stdout: "free\n" } });
  });
});

test("capped output keeps everything up to the cap", () => {
  const output = cappedOutput(10);
  for (const part of ["abc", "defg", "hij"]) output.add(Buffer.from(part));
  expect(output.text()).toBe("abcdefghij");
  output.add(Buffer.from("KLMNO"));
  expect(output.text()).toBe("abcde\n… 5 bytes left out …\nKLMNO");
  expect(output.tail(3)).toBe("MNO");
});

test("file_write overwrites, appends, refuses to overwrite when told to, and keeps a copy", async () => {
  expect(await bench.run("file_write", { path: "sub/a.txt", content: "one\n", artifact: true })).toMatchObject({
    outputs: { path: file("sub/a.txt"), bytes: 4 },
  });
  expect(bench.artifacts.at(-1)).toEqual({ name: "a.txt", mimeType: "text/plain", text: "one\n" });
  await bench.run("file_write", { path: "sub/a.txt", content: "two\n", mode: "append" });
  expect(await readFile(file("sub/a.txt"), "utf8")).toBe("one\ntwo\n");
  expect(await bench.run("file_write", { path: "sub/a.txt", content: "x", mode: "create" })).toMatchObject({
    failure: { code: "file_exists", retryable: false },
  });
  await bench.run("file_write", { path: "b.json", content: { a: [1] } });
  expect(JSON.parse(await readFile(file("b.json"), "utf8"))).toEqual({ a: [1] });
});

test("file_read reads text, lines, JSON and CSV", async () => {
  await writeFile(file("t.csv"), 'n,a\nPia,30\n"Ivo, jr",25\n');
  await writeFile(file("t.json"), '{"a":1}');
  expect(await bench.run("file_read", { path: "t.json" })).toMatchObject({
    outputs: { path: file("t.json"), bytes: 7, text: '{"a":1}' },
  });
  expect(await bench.run("file_read", { path: "t.json", parse: "json" })).toMatchObject({
    outputs: { json: { a: 1 } },
  });
  expect(await bench.run("file_read", { path: "t.csv", parse: "lines" })).toMatchObject({ outputs: { count: 3 } });
  expect(await bench.run("file_read", { path: "t.csv", parse: "csv" })).toMatchObject({
    outputs: {
      records: [
        { n: "Pia", a: "30" },
        { n: "Ivo, jr", a: "25" },
      ],
      columns: ["n", "a"],
      count: 2,
    },
  });
});

test("file_read says what is wrong", async () => {
  await writeFile(file("bytes.bin"), Buffer.from([0xff, 0xfe, 0x00]));
  const codeOf = async (config: Record<string, unknown>) =>
    (await bench.run("file_read", config)) as { failure?: { code: string } };
  expect((await codeOf({ path: "nope.txt" })).failure?.code).toBe("file_not_found");
  expect((await codeOf({ path: "../up.txt" })).failure?.code).toBe("file_access_denied");
  expect((await codeOf({ path: "/etc/passwd" })).failure?.code).toBe("file_access_denied");
  expect((await codeOf({ path: "bytes.bin" })).failure?.code).toBe("file_error");
  expect((await codeOf({ path: "t.csv", max_bytes: 3 })).failure?.code).toBe("file_error");
  expect((await codeOf({ path: "t.csv", parse: "json" })).failure?.code).toBe("json_invalid");
  expect((await codeOf({ path: "." })).failure?.code).toBe("file_error");
});

test("file_list lists by name, by pattern and into folders, and follows no link", async () => {
  await mkdir(file("tree/deep"), { recursive: true });
  for (const name of ["b.md", "a.md", "c.txt", "deep/d.md"]) await writeFile(file(`tree/${name}`), name);
  await symlink("/etc", file("tree/etc"));
  const listed = async (config: Record<string, unknown>) => {
    const result = await bench.run("file_list", { path: "tree", ...config });
    return result.status === "ok"
      ? (result.outputs.files as { relative_path: string }[]).map((one) => one.relative_path)
      : result;
  };
  expect(await listed({})).toEqual(["a.md", "b.md", "c.txt"]);
  expect(await listed({ glob: "*.md" })).toEqual(["a.md", "b.md"]);
  expect(await listed({ recursive: true, glob: "**/*.md" })).toEqual(["a.md", "b.md", "deep/d.md"]);
  expect(await bench.run("file_list", { path: "tree", max_files: 2 })).toMatchObject({
    outputs: { count: 2, truncated: true },
  });
  expect(await bench.run("file_list", { path: "tree/none" })).toMatchObject({ failure: { code: "file_not_found" } });
});

describe("sqlite_query", () => {
  const db = new Database(file("t.db"));
  db.exec(
    "CREATE TABLE t (n INTEGER, s TEXT, b BLOB); INSERT INTO t VALUES (1, 'one', x'00ff'), (9007199254740993, 'big', NULL)",
  );
  db.close();
  const query = (sql: string, more: Record<string, unknown> = {}) =>
    bench.run("sqlite_query", { path: "t.db", sql, ...more });

  test("gives rows as JSON: blobs as base64, integers beyond the safe range as text", async () => {
    expect(await query("SELECT n, s, b FROM t ORDER BY n")).toMatchObject({
      outputs: {
        columns: ["n", "s", "b"],
        count: 2,
        truncated: false,
        rows: [
          { n: 1, s: "one", b: "AP8=" },
          { n: "9007199254740993", s: "big", b: null },
        ],
      },
    });
  });

  test("takes values by position and by name, and caps the rows", async () => {
    expect(await query("SELECT s FROM t WHERE s = ?", { params: ["one"] })).toMatchObject({ outputs: { count: 1 } });
    expect(await query("SELECT s FROM t WHERE s = :s AND 1 = :yes", { params: { s: "one", yes: true } })).toMatchObject(
      { outputs: { count: 1 } },
    );
    expect(await query("SELECT n FROM t", { max_rows: 1 })).toMatchObject({ outputs: { count: 1, truncated: true } });
  });

  test("writes only when allowed, and never to another file", async () => {
    expect(await query("DELETE FROM t")).toMatchObject({ failure: { code: "sql_error" } });
    for (const sql of [`VACUUM INTO '${file("copy.db")}'`, `/* x */ ATTACH '${file("other.db")}' AS o`]) {
      expect(await query(sql, { allow_write: true })).toMatchObject({
        failure: { code: "sql_error", message: expect.stringContaining("not possible") },
      });
    }
    expect(await query("INSERT INTO t (n) VALUES (5)", { allow_write: true })).toMatchObject({
      outputs: { changes: 1, rows: [] },
    });
  });

  test("says what SQLite says", async () => {
    expect(await query("SELECT nope FROM t")).toMatchObject({
      failure: { code: "sql_error", message: expect.stringContaining("no such column") },
    });
    expect(await bench.run("sqlite_query", { path: "none.db", sql: "SELECT 1" })).toMatchObject({
      failure: { code: "file_not_found" },
    });
  });
});
