/** A story of looking inside a copy beside the living app: everything can be read, and not one byte changes. */
import { createHash } from "node:crypto";
import { cp, readFile, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { spawnHeadless } from "../support/headless.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { call, databaseIn, end, start, until } from "./host-folder.ts";

const hashOf = async (path: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

test("a copy is read in safe mode beside the live host, and stays as it is to the byte", async () => {
  const [dataDir, copyDir] = [await tempFolder(), await tempFolder()];
  const first = await spawnHeadless({ dataDir });
  const runId = await start(first, {
    name: "kept",
    steps: [{ id: "a", type: "prompt", config: { template: "kept" } }],
  });
  const sleeping = await start(first, {
    name: "asleep",
    steps: [{ id: "w", type: "delay", config: { milliseconds: 50 } }],
  });
  await until(first, runId, "succeeded");
  await until(first, sleeping, "waiting", "succeeded");
  await end(first, "SIGTERM");
  await cp(dataDir, copyDir, { recursive: true });
  const live = await spawnHeadless({ dataDir });
  const before = await hashOf(databaseIn(copyDir));

  const safe = await spawnHeadless({ dataDir: copyDir, args: ["--safe-mode"] });

  const { body: list } = await call<{ runs: { run_id: string }[] }>(safe, "GET", "/runs");
  expect(list.runs.map(({ run_id }) => run_id)).toEqual(expect.arrayContaining([runId, sleeping]));
  expect((await call(safe, "GET", `/runs/${runId}`)).body).toMatchObject({ outputs: { text: "kept" } });
  for (const [method, path, body] of [
    ["POST", "", { name: "x", steps: [{ id: "s", type: "log" }] }],
    ["POST", "/run", { definition: { name: "x", steps: [{ id: "s", type: "log" }] } }],
    ["POST", `/runs/${runId}/retry`, {}],
    ["POST", "/ops/backups", {}],
  ] as const) {
    expect(await call(safe, method, path, body), path).toMatchObject({ status: 503, body: { code: "safe_mode" } });
  }
  expect((await until(live, sleeping, "succeeded")).status).toBe("succeeded");
  expect(await end(safe, "SIGTERM")).toMatchObject({ code: 0 });
  expect(await hashOf(databaseIn(copyDir))).toBe(before);
  // Reading a WAL database makes a WAL; nothing may be in it.
  const wal = await stat(`${databaseIn(copyDir)}-wal`).catch(() => null);
  expect(wal?.size ?? 0).toBe(0);
});
