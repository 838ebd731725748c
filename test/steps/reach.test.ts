/** zip and notify: what leaves the step, and what is kept from leaving it. And every type here heeds a cancel. */
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openPromise } from "yauzl";
import { StepError } from "../../electron/steps/step-type.ts";
import { answerJson, type LocalServer, localServer } from "../support/local-server.ts";
import { OPEN_EGRESS, stepBench } from "../support/step-context.ts";

const open: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(answer: Parameters<typeof localServer>[0]): Promise<LocalServer> {
  const server = await localServer(answer);
  open.push(server);
  return server;
}

/** A bench whose folder holds a.txt, docs/b.txt and docs/deep/c.txt. */
async function benchWithFiles() {
  const bench = await stepBench();
  await mkdir(join(bench.folder, "docs", "deep"), { recursive: true });
  await writeFile(join(bench.folder, "a.txt"), "A");
  await writeFile(join(bench.folder, "docs", "b.txt"), "B".repeat(1000));
  await writeFile(join(bench.folder, "docs", "deep", "c.txt"), "C");
  return bench;
}

async function contentsOf(path: string): Promise<Record<string, string>> {
  const zip = await openPromise(path);
  const contents: Record<string, string> = {};
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    contents[entry.fileName] = Buffer.concat(chunks).toString("utf8");
  }
  return contents;
}

test("zip packs files and folders, and keeps the zip as an artifact", async () => {
  const bench = await benchWithFiles();
  const result = await bench.run("zip", { paths: ["a.txt", "docs", "a.txt"], path: "out/all.zip" });
  const entries = ["a.txt", "docs/b.txt", "docs/deep/c.txt"];
  expect(result).toMatchObject({
    status: "ok",
    outputs: { path: join(bench.folder, "out", "all.zip"), count: 3, entries, artifact: { name: "all.zip" } },
  });
  expect(await contentsOf(join(bench.folder, "out", "all.zip"))).toEqual({
    "a.txt": "A",
    "docs/b.txt": "B".repeat(1000),
    "docs/deep/c.txt": "C",
  });
  expect(bench.artifacts.at(-1)).toMatchObject({ mimeType: "application/zip" });
  expect(await readdir(join(bench.folder, "out"))).toEqual(["all.zip"]);
});

test("zip leaves itself and links out, and overwrites its last result", async () => {
  const bench = await benchWithFiles();
  await symlink("/etc", join(bench.folder, "docs", "link"));
  await bench.run("zip", { paths: ["docs"], path: "docs/docs.zip" });
  expect(await bench.run("zip", { paths: ["docs"], path: "docs/docs.zip" })).toMatchObject({
    outputs: { entries: ["docs/b.txt", "docs/deep/c.txt"] },
  });
});

test("zip refuses two files of one name, too much, and what is not there or not allowed", async () => {
  const bench = await benchWithFiles();
  await writeFile(join(bench.folder, "docs", "a.txt"), "other");
  const code = async (config: Record<string, unknown>, overrides = {}) => {
    const result = await bench.run("zip", config, { overrides });
    return result.status === "failed" ? result.failure.code : result.status;
  };
  expect(await code({ paths: ["a.txt", "docs/a.txt"] })).toBe("zip_name_collision");
  expect(await code({ paths: ["docs"], max_bytes: 10 })).toBe("file_error");
  expect(await code({ paths: ["missing.txt"] })).toBe("file_not_found");
  expect(await code({ paths: ["/etc/hostname"] })).toBe("file_access_denied");
  await expect(bench.run("zip", { paths: [] })).rejects.toThrow(/paths/);
  expect((await readdir(bench.folder)).filter((name) => name.includes("zip"))).toEqual([]);
});

test("zip leaves nothing half done when a file cannot be read or the step is cancelled on the way", async () => {
  const bench = await benchWithFiles();
  const gone = async (path: string) =>
    path.endsWith("c.txt") ? `${path}.gone` : join(bench.folder, path.replace(bench.folder, ""));
  const files = { workdir: async () => bench.folder, resolve: gone };
  expect(await bench.run("zip", { paths: ["docs"] }, { overrides: { files } })).toMatchObject({ status: "failed" });
  const cancel = new AbortController();
  const resolve = async (path: string) => {
    if (path.endsWith("c.txt")) cancel.abort();
    return join(bench.folder, path.replace(bench.folder, ""));
  };
  const overrides = { files: { workdir: files.workdir, resolve } };
  expect(await bench.run("zip", { paths: ["docs"] }, { signal: cancel.signal, overrides })).toEqual({
    status: "cancelled",
  });
  expect((await readdir(bench.folder)).sort()).toEqual(["a.txt", "docs"]);
});

test("zip asks about every file in a folder, not only about the folder", async () => {
  const bench = await benchWithFiles();
  const files = {
    workdir: async () => bench.folder,
    resolve: async (path: string) => {
      if (path.endsWith("c.txt")) throw new StepError("file_access_denied", "This one belongs to the app.");
      return join(bench.folder, path.replace(bench.folder, ""));
    },
  };
  expect(await bench.run("zip", { paths: ["docs"] }, { overrides: { files } })).toMatchObject({
    failure: { code: "file_access_denied" },
  });
});

test("notify posts its text and tells what came of it", async () => {
  const bench = await stepBench();
  const server = await serve((_, response) => answerJson(response, 200, { private: "x" }));
  const config = { url: server.url, message: "Done", subject: "Report", headers: { "X-A": "1" } };
  expect(await bench.run("notify", config)).toEqual({
    status: "ok",
    outputs: { dispatched: true, status_code: 200, provider: "webhook" },
  });
  expect(server.asked[0]).toMatchObject({
    method: "POST",
    body: '{"text":"Done","subject":"Report"}',
    headers: { "content-type": "application/json", "x-a": "1", "idempotency-key": "run-1:s1:1" },
  });
});

test("notify fails when it is not heard, in the words that clients look for", async () => {
  const bench = await stepBench();
  const gone = await localServer(() => {});
  await gone.close();
  const unheard = await bench.run("notify", { url: gone.url, message: "x" });
  expect(unheard).toMatchObject({ status: "failed", failure: { retryable: true } });
  expect(unheard).toHaveProperty("outputs", { dispatched: false, error: "Notification dispatch failed" });
  const angry = await serve((_, response) => answerJson(response, 500, {}));
  expect(await bench.run("notify", { url: angry.url, message: "x" })).toMatchObject({
    failure: { code: "http_error" },
    outputs: { status_code: 500, provider: "webhook" },
  });
  const closed = await stepBench({ egress: { ...OPEN_EGRESS, blockPrivate: true } });
  expect(await closed.run("notify", { url: angry.url, message: "x" })).toMatchObject({
    failure: { code: "blocked_egress" },
    outputs: { dispatched: false, error: "blocked_egress" },
  });
});

test("notify without a url is refused in a sentence, and knows Slack by its address", async () => {
  const bench = await stepBench();
  await expect(bench.run("notify", { message: "x" })).rejects.toThrow(/cannot show a notification on the desktop/);
  const send = async () => ({ status: 200, headers: {}, body: new Uint8Array(), url: "" });
  const config = { url: "https://hooks.slack.com/services/T/B/x", message: "x" };
  expect(await bench.run("notify", config, { overrides: { http: { send, vet: async () => [] } } })).toMatchObject({
    outputs: { provider: "slack" },
  });
});

test.each([
  ["retry", { step: { type: "log" } }],
  ["cache_result", { key: "k", step: { type: "log" } }],
  ["checkpoint", {}],
  ["timing_start", {}],
  ["timing_stop", {}],
  ["batch", { items: [1] }],
  ["policy_check", { text: "x" }],
  ["diff_change", { current: "x" }],
  ["document_diff", { document_a: "a", document_b: "b" }],
  ["document_merge", { documents: ["a"] }],
  ["context_build", { sources: ["a"] }],
  ["text_clean", { text: "a" }],
  ["html_to_markdown", { html: "a" }],
  ["xml_transform", { xml: "<a/>" }],
  ["token_count", { text: "a" }],
  ["language_detect", { text: "a" }],
  ["zip", { paths: ["a.txt"] }],
  ["notify", { url: "http://127.0.0.1:1/", message: "x" }],
])("%s does nothing once it is cancelled", async (type, config) => {
  const bench = await benchWithFiles();
  expect(await bench.run(type, config, { signal: AbortSignal.abort() })).toEqual({ status: "cancelled" });
  expect([bench.artifacts, bench.logs, [...bench.state]]).toEqual([[], [], []]);
});
