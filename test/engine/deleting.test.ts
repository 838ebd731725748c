/** Stories of runs that are deleted or handled by the hundred. */
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Artifact } from "../../shared/artifact.ts";
import { startApp, type TestApp } from "../support/running-app.ts";

interface BulkAnswer {
  results: { run_id: string; ok: boolean; code?: string }[];
}

const keeps = {
  name: "keeps",
  steps: [
    { id: "note", type: "prompt", config: { template: "the same words", save_artifact: true } },
    { id: "file", type: "file_write", config: { path: "out.txt", content: "mine" } },
  ],
};
const sleeps = { name: "sleeps", steps: [{ id: "w", type: "delay", config: { milliseconds: 60_000 } }] };
const fails = { name: "fails", steps: [{ id: "f", type: "fail", config: {} }] };

const bulk = (app: TestApp, body: object) => app.api<BulkAnswer>("POST", "/runs/bulk", body);
const exists = (path: string | URL): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

test("a deleted run takes its rows and its folder along, and shared content goes with the last run that had it", async () => {
  const app = await startApp();
  const [first, second] = [await app.run(keeps), await app.run(keeps)];
  const [artifact] = (await app.api<Artifact[]>("GET", `/runs/${first.run_id}/artifacts`)).body;
  const content = new URL(artifact?.uri ?? "");
  const folder = join(app.dataDir, "Databases", "artifacts", "work");
  expect((await readdir(folder)).sort()).toEqual([first.run_id, second.run_id].sort());

  expect(await app.api("DELETE", `/runs/${first.run_id}`)).toMatchObject({ status: 200, body: { ok: true } });

  for (const part of ["", "/steps", "/events", "/artifacts"]) {
    const answer = await app.api("GET", `/runs/${first.run_id}${part}`);
    expect(answer, part).toMatchObject({ status: 404, body: { code: "run_not_found" } });
  }
  expect((await app.api("GET", `/artifacts/${artifact?.artifact_id}/download`)).status).toBe(404);
  expect(await readdir(folder)).toEqual([second.run_id]);
  expect(await exists(content)).toBe(true);

  await app.api("DELETE", `/runs/${second.run_id}`);
  expect(await exists(content)).toBe(false);
  expect((await app.api("DELETE", `/runs/${second.run_id}`)).status).toBe(404);
});

test("a run that has not ended is not deleted", async () => {
  const app = await startApp();
  const runId = await app.start(sleeps);
  await app.until(runId, "waiting");
  expect(await app.api("DELETE", `/runs/${runId}`)).toMatchObject({ status: 409, body: { code: "run_active" } });
  expect((await app.getRun(runId)).status).toBe("waiting");
  await app.control(runId, "cancel");
  expect((await app.api("DELETE", `/runs/${runId}`)).status).toBe(200);
});

test("what is kept by a new run while an old one with the same content goes is not lost", async () => {
  const app = await startApp();
  const old = await app.run(keeps);
  const [, ...young] = await Promise.all([
    app.api("DELETE", `/runs/${old.run_id}`),
    ...Array.from({ length: 5 }, () => app.run(keeps)),
  ]);
  for (const { run_id } of young) {
    const [artifact] = (await app.api<Artifact[]>("GET", `/runs/${run_id}/artifacts`)).body;
    expect(await exists(new URL(artifact?.uri ?? ""))).toBe(true);
  }
});

test("many runs are handled by id, each for itself", async () => {
  const app = await startApp();
  const done = (await app.run(fails)).run_id;
  const live = await app.start(sleeps);
  await app.until(live, "waiting");

  const pinned = await bulk(app, { action: "pin", run_ids: [done, live, live] });
  expect(pinned.body.results).toEqual([
    { run_id: done, ok: true },
    { run_id: live, ok: true },
  ]);
  expect(await app.getRun(live)).toMatchObject({ pinned: true, status: "waiting" });

  const gone = await bulk(app, { action: "delete", run_ids: [live, "nobody", done] });
  expect(gone.body.results).toEqual([
    { run_id: live, ok: false, code: "run_active" },
    { run_id: "nobody", ok: false, code: "run_not_found" },
    { run_id: done, ok: true },
  ]);
  expect((await app.control(live, "unpin")).body).toMatchObject({ result: "applied" });
  expect((await app.getRun(live)).pinned).toBe(false);
});

test("many runs are found by the filters of the list", async () => {
  const app = await startApp();
  for (let n = 0; n < 30; n++) await app.run(fails);
  const sleeping = await app.start(sleeps);
  await app.until(sleeping, "waiting");

  const cancelled = await bulk(app, { action: "cancel", filter: { status: ["waiting", "queued"] } });
  expect(cancelled.body.results).toEqual([{ run_id: sleeping, ok: true }]);
  const again = await bulk(app, { action: "cancel", filter: { workflow_name: "fails" } });
  expect(again.body.results).toHaveLength(30);
  expect(again.body.results.every(({ ok, code }) => !ok && code === "invalid_state")).toBe(true);
  await bulk(app, { action: "delete", filter: { workflow_name: "fails" } });
  expect((await app.api("GET", "/runs/counts")).body).toEqual({ counts: { cancelled: 1 }, total: 1 });
});

test("a bulk request says which runs it means, in one way", async () => {
  const app = await startApp();
  for (const body of [{}, { run_ids: [] }, { run_ids: ["a"], filter: {} }, { filter: { nonsense: 1 } }]) {
    expect((await bulk(app, { action: "pin", ...body })).status, JSON.stringify(body)).toBe(422);
  }
});
