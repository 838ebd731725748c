/** Stories of a host that is asked to stop: what runs is brought to a safe point, and the next start goes on from there. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { spawnHeadless } from "../support/headless.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { call, databaseIn, end, expectSound, sqlite3Missing, start, until } from "./host-folder.ts";

const toldBy = (dataDir: string, runId: string): Promise<string> =>
  readFile(join(dataDir, "Databases", "artifacts", "work", runId, "told"), "utf8").catch(() => "");

test("SIGTERM lets a command end, keeps a parked run parked, folds the WAL back, and exits 0", async () => {
  const dataDir = await tempFolder();
  const first = await spawnHeadless({ dataDir });
  const busy = await start(first, {
    name: "busy",
    steps: [
      { id: "s", type: "shell", config: { command: "echo begun >> told; sleep 1; echo ended >> told" } },
      { id: "t", type: "shell", config: { command: "echo next >> told" } },
    ],
  });
  const parked = await start(first, { name: "parked", steps: [{ id: "ok", type: "wait_for_approval" }] });
  await until(first, parked, "waiting_approval");
  await expect.poll(() => toldBy(dataDir, busy), { timeout: 10_000 }).toBe("begun\n");

  expect(await end(first, "SIGTERM")).toMatchObject({ code: 0, signal: null });

  expect(await toldBy(dataDir, busy)).toBe("begun\nended\n");
  for (const suffix of ["-wal", "-shm"]) expect(existsSync(databaseIn(dataDir) + suffix), suffix).toBe(false);
  if (!sqlite3Missing()) await expectSound(databaseIn(dataDir));

  const second = await spawnHeadless({ dataDir });
  await until(second, busy, "succeeded");
  expect(await toldBy(dataDir, busy)).toBe("begun\nended\nnext\n");
  expect((await until(second, parked, "waiting_approval")).status_reason).toBe("awaiting_review");
  await call(second, "POST", `/runs/${parked}/steps/ok/approve`, {});
  await until(second, parked, "succeeded");
});

test("a second signal while it waits for a command ends the host at once with 130", async () => {
  const dataDir = await tempFolder();
  const host = await spawnHeadless({ dataDir });
  const runId = await start(host, {
    name: "endless",
    steps: [{ id: "s", type: "shell", config: { command: "echo begun >> told; sleep 600" } }],
  });
  await expect.poll(() => toldBy(dataDir, runId), { timeout: 10_000 }).toBe("begun\n");

  // A repeat within half a second counts as the same request, so keep asking until it is gone.
  const gone = host.exited.then((exit) => exit.code);
  let code: number | null | "still here" = "still here";
  while (code === "still here") {
    host.kill("SIGINT");
    code = await Promise.race([gone, setTimeout(100, "still here" as const)]);
  }

  expect(code).toBe(130);
  const next = await spawnHeadless({ dataDir });
  expect(await until(next, runId, "waiting_human")).toMatchObject({ status_reason: "interrupted" });
});
