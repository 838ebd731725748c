/** Stories of backups: the runbook's own line, copies beside a busy writer, and copies that are broken off. */
import { existsSync } from "node:fs";
import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Backup } from "../../shared/api/operations.ts";
import type { Run } from "../../shared/run.ts";
import { type Headless, spawnHeadless } from "../support/headless.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { call, databaseIn, end, expectSound, sqlite3, sqlite3Missing, start, until } from "./host-folder.ts";

const small = { name: "small", steps: [{ id: "a", type: "prompt", config: { template: "a" } }] };

const backUp = (host: Headless, body: unknown, wait = true) =>
  call<Backup>(host, "POST", `/ops/backups?wait=${wait}`, body);

/** A folder whose database has so much in it that copying it takes a while. */
async function bigFolder(): Promise<string> {
  const dataDir = await tempFolder();
  await end(await spawnHeadless({ dataDir }), "SIGTERM");
  await sqlite3(
    databaseIn(dataDir),
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
     INSERT INTO workflow_state (workflow_name, key, updated_at, value_json)
     SELECT 'fill', 'k' || i, 0, json_quote(hex(randomblob(100000))) FROM n`,
  );
  return dataDir;
}

test.skipIf(sqlite3Missing())("the runbook's line on an idle host gives a file that opens (sqlite3)", async () => {
  const dataDir = await tempFolder();
  const host = await spawnHeadless({ dataDir });
  await until(host, await start(host, small), "succeeded");
  const copy = join(dataDir, "Databases", "workflows.backup-20260105.db");
  await sqlite3(databaseIn(dataDir), `.backup '${copy}'`);
  await expectSound(copy);
  expect(await sqlite3(copy, "SELECT count(*), max(status) FROM workflow_runs")).toBe("1|succeeded");
  expect((await call<Run>(host, "POST", "/run?mode=sync", { definition: small })).body.status).toBe("succeeded");
});

test.skipIf(sqlite3Missing())(
  "a backup beside a busy writer is whole, verified, and made in one pass (sqlite3)",
  async () => {
    const dataDir = await bigFolder();
    const host = await spawnHeadless({ dataDir });
    let over = false;
    const writer = (async () => {
      let runs = 0;
      for (; !over; runs += 1) await call(host, "POST", "/run?mode=sync", { definition: small });
      return runs;
    })();

    const { status, body } = await backUp(host, { label: "busy" });
    over = true;

    expect(status).toBe(201);
    expect(body).toMatchObject({ status: "verified", restarts: 0, error: null, label: "busy" });
    expect(await writer).toBeGreaterThan(3);
    expect((await stat(body.path)).size).toBe(body.size_bytes);
    await expectSound(body.path);
    const counts = "SELECT (SELECT count(*) FROM workflow_runs), (SELECT count(*) FROM workflow_events)";
    expect(await sqlite3(body.path, counts)).toBe(`${body.runs}|${body.events}`);
    const { body: list } = await call<{ backups: Backup[] }>(host, "GET", "/ops/backups");
    expect(list.backups.map(({ id }) => id)).toContain(body.id);
  },
);

test("places where no backup can go are refused, and nothing is left there", async () => {
  const dataDir = await tempFolder();
  const host = await spawnHeadless({ dataDir });
  await mkdir(join(dataDir, "a-folder"));
  for (const path of [
    "relative.db",
    join(dataDir, "nowhere", "x.db"),
    join(dataDir, "a-folder"),
    databaseIn(dataDir),
    `${databaseIn(dataDir)}-wal`,
    join(dataDir, "Databases", "..", "Databases", "workflows.db"),
    join(dataDir, "host.lock"),
  ]) {
    expect(await backUp(host, { path }), path).toMatchObject({ status: 422, body: { code: "input_invalid" } });
  }
  expect(existsSync(join(dataDir, "nowhere"))).toBe(false);
  expect((await call<{ backups: Backup[] }>(host, "GET", "/ops/backups")).body.backups).toEqual([]);
  expect((await call<Run>(host, "POST", "/run?mode=sync", { definition: small })).body.status).toBe("succeeded");
});

test.skipIf(sqlite3Missing())(
  "a cancelled backup says so and leaves no file; the next one can be made (sqlite3)",
  async () => {
    const host = await spawnHeadless({ dataDir: await bigFolder() });
    const { status, body: begun } = await backUp(host, {}, false);
    expect([status, begun.status]).toEqual([202, "running"]);
    expect((await backUp(host, {})).body).toMatchObject({ code: "backup_running" });
    await call(host, "DELETE", `/ops/tasks/${begun.id}`);
    const record = async () => (await call<Backup>(host, "GET", `/ops/backups/${begun.id}`)).body;
    await expect.poll(async () => (await record()).status, { timeout: 10_000 }).toBe("cancelled");
    expect(existsSync(begun.path)).toBe(false);
    expect((await call(host, "DELETE", `/ops/tasks/${begun.id}`)).status).toBe(404);
    expect((await backUp(host, { path: begun.path })).body.status).toBe("verified");
  },
);

test.skipIf(sqlite3Missing())(
  "a host killed during a backup leaves no half of it, and its record says that it failed (sqlite3)",
  async () => {
    const dataDir = await bigFolder();
    const backups = join(dataDir, "Databases", "backups");
    const killed = await spawnHeadless({ dataDir });
    const { body: begun } = await backUp(killed, {}, false);
    while (!existsSync(`${begun.path}.partial`)) await setTimeout(1);
    await end(killed, "SIGKILL");
    expect(existsSync(begun.path)).toBe(false);

    const next = await spawnHeadless({ dataDir });

    expect((await call<Backup>(next, "GET", `/ops/backups/${begun.id}`)).body).toMatchObject({ status: "failed" });
    expect(await readdir(backups)).toEqual([]);
    expect((await backUp(next, {})).body.status).toBe("verified");
  },
);
