import { expect, test } from "vitest";
import { type ApiUnderTest, PREFIX, seedRun, startApi } from "./api-under-test.ts";

const greet = {
  name: "greet",
  inputs: { who: "you" },
  steps: [{ id: "hello", type: "prompt", config: { template: "Hi {{ inputs.who }}" } }],
};

const withApproval = {
  name: "ask first",
  steps: [
    { id: "ask", type: "wait_for_approval", config: { instructions: "May I?" } },
    { id: "done", type: "log", config: { message: "Allowed" } },
  ],
};

async function save(api: ApiUnderTest, definition: object): Promise<number> {
  const { status, json } = await api.post(PREFIX, definition);
  expect(status).toBe(201);
  return json.id;
}

test("a saved definition runs, and everything about the run can be read", async () => {
  const api = await startApi();
  const id = await save(api, greet);
  const { status, json: run } = await api.post(`${PREFIX}/${id}/run?mode=sync`, { inputs: { who: "Rhea" } });
  expect(status).toBe(200);
  expect(run).toMatchObject({ status: "succeeded", workflow_id: id, outputs: { text: "Hi Rhea" }, started_by: "api" });
  expect(run.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/);

  const path = `${PREFIX}/runs/${run.run_id}`;
  expect((await api.ask(path)).json).toEqual(run);
  expect((await api.ask(`${path}/definition`)).json).toMatchObject({ workflow_id: id, definition: { name: "greet" } });
  expect((await api.ask(`${path}/steps`)).json.steps).toMatchObject([
    { step_id: "hello", status: "succeeded", attempt_count: 1, outputs: { text: "Hi Rhea" }, outputs_truncated: false },
  ]);
  expect((await api.ask(`${path}/steps/hello/attempts`)).json.attempts).toMatchObject([
    { attempt_number: 1, status: "succeeded" },
  ]);
  expect((await api.ask(`${path}/steps/none/attempts`)).json.attempts).toEqual([]);
  expect((await api.ask(`${PREFIX}/runs/counts`)).json).toEqual({ counts: { succeeded: 1 }, total: 1 });
  expect((await api.ask(PREFIX)).json).toMatchObject([{ id, last_run: { run_id: run.run_id, status: "succeeded" } }]);
});

test("runs are found by a part of their workflow's name, in any case", async () => {
  const api = await startApi();
  for (const name of ["greet", "Regret", "sales"]) {
    await api.post(`${PREFIX}/run?mode=sync`, { definition: { ...greet, name } });
  }
  const names = async (part: string) =>
    (await api.ask(`${PREFIX}/runs?workflow_name=${part}`)).json.runs.map(
      (run: { workflow_name: string }) => run.workflow_name,
    );
  expect((await names("GRE")).sort()).toEqual(["Regret", "greet"]);
  expect(await names("%25")).toEqual([]);
});

test("events come in pages that say how to go on", async () => {
  const api = await startApi();
  const { json: run } = await api.post(`${PREFIX}/run?mode=sync`, { definition: greet });
  const events = `${PREFIX}/runs/${run.run_id}/events`;
  const all = (await api.ask(events)).json as { event_seq: number; event_type: string }[];
  expect(all.map(({ event_seq }) => event_seq)).toEqual(all.map((_, index) => index + 1));

  const paged: unknown[] = [];
  let query = "limit=2";
  while (query) {
    const { json, headers } = await api.ask(`${events}?${query}`);
    paged.push(...json);
    const cursor = headers["next-cursor"];
    if (cursor) expect(headers.link).toBe(`<${events}?limit=2&cursor=${cursor}>; rel="next"`);
    query = cursor ? `limit=2&cursor=${cursor}` : "";
  }
  expect(paged).toEqual(all);
  expect((await api.ask(`${events}?since=2&limit=1`)).json).toEqual([all[2]]);
  expect((await api.ask(`${events}?types=run_started&types=%20run_completed`)).json).toMatchObject([
    { event_type: "run_started" },
    { event_type: "run_completed" },
  ]);
});

test("a run that waits for a person answers a sync call at once, is in the inbox, and goes on when approved", async () => {
  const api = await startApi();
  const { status, json: run } = await api.post(`${PREFIX}/run?mode=sync`, { definition: withApproval });
  expect(status).toBe(200);
  expect(run.status).toBe("waiting_approval");
  expect((await api.ask(`${PREFIX}/approvals`)).json.approvals).toMatchObject([
    { run_id: run.run_id, step_id: "ask", kind: "approval", instructions: "May I?" },
  ]);
  const path = `${PREFIX}/runs/${run.run_id}`;
  expect((await api.ask(`${path}/steps`)).json.steps).toMatchObject([{ wait: { kind: "approval" } }]);

  expect(await api.post(`${path}/steps/none/approve`)).toMatchObject({ status: 404 });
  expect(await api.post(`${path}/steps/ask/approve`, { comment: "fine" })).toMatchObject({
    status: 200,
    json: { ok: true },
  });
  await api.engine.settled(run.run_id, 10_000, new AbortController().signal);
  expect((await api.ask(path)).json).toMatchObject({ status: "succeeded" });
  expect(await api.post(`${path}/steps/ask/approve`)).toMatchObject({ status: 409, json: { code: "invalid_state" } });
  expect((await api.ask(`${PREFIX}/approvals`)).json).toEqual({ approvals: [] });
});

test("a sync call gives up after its time with a 504, and the run goes on", async () => {
  const api = await startApi();
  api.settings.runTimeoutSeconds = 0.05;
  const definition = { name: "slow", steps: [{ id: "nap", type: "delay", config: { milliseconds: 3_600_000 } }] };
  const { status, json } = await api.post(`${PREFIX}/run?mode=sync`, { definition });
  expect(status).toBe(504);
  expect(json.code).toBe("run_timeout");
  const { runs } = (await api.ask(`${PREFIX}/runs`)).json;
  expect(runs).toMatchObject([{ workflow_name: "slow", ended_at: null }]);
  expect(json.detail).toContain(runs[0].run_id);
});

test("an async call answers at once, and the same key finds the same run", async () => {
  const api = await startApi();
  const id = await save(api, withApproval);
  const body = { inputs: {}, idempotency_key: "k-77" };
  const [first, second] = [await api.post(`${PREFIX}/${id}/run`, body), await api.post(`${PREFIX}/${id}/run`, body)];
  expect(first.status).toBe(200);
  expect(second.json.run_id).toBe(first.json.run_id);
  expect((await api.ask(`${PREFIX}/runs/counts`)).json.total).toBe(1);
});

test("control says what came of it, and refuses in the order of what is wrong", async () => {
  const api = await startApi();
  await seedRun(api.store, "r");
  const control = async (action: string) => (await api.post(`${PREFIX}/runs/r/${action}`)).json;
  expect(await control("pause")).toMatchObject({ ok: true, result: "already_applied", status: "paused" });
  expect(await control("cancel")).toMatchObject({ ok: true, result: "applied", status: "cancelled" });
  expect(await control("cancel")).toMatchObject({ ok: true, result: "already_applied" });
  expect(await control("explode")).toMatchObject({ code: "invalid_action" });

  const { json: done } = await api.post(`${PREFIX}/run?mode=sync`, { definition: greet });
  for (const action of ["pause", "resume", "cancel"]) {
    const { json } = await api.post(`${PREFIX}/runs/${done.run_id}/${action}`);
    expect(json, action).toEqual({ ok: true, result: "invalid_state", status: "succeeded" });
  }
  expect(await api.post(`${PREFIX}/runs/nope/cancel`)).toMatchObject({ status: 404, json: { code: "run_not_found" } });
  expect(await api.post(`${PREFIX}/runs/nope/explode`)).toMatchObject({ status: 404 });
});

test("definitions are checked, versioned and retired", async () => {
  const api = await startApi();
  const id = await save(api, greet);
  expect(await api.post(PREFIX, greet)).toMatchObject({ status: 422, json: { code: "definition_exists" } });
  expect(await api.post(`${PREFIX}/${id}/versions`, { ...greet, version: 2 })).toMatchObject({ status: 201 });
  expect(await api.post(`${PREFIX}/999/versions`, greet)).toMatchObject({ status: 404 });
  const step = { id: "a", type: "no_such_kind", config: {} };
  const broken = { name: "broken", steps: [step, { ...step, id: "b" }] };
  const refused = await api.post(PREFIX, broken);
  expect(refused).toMatchObject({ status: 422, json: { code: "definition_invalid" } });
  expect(refused.json.detail.length).toBeGreaterThan(1);

  const check = async (validation_mode: string) =>
    (await api.post(`${PREFIX}/preflight`, { definition: broken, validation_mode })).json;
  expect(await check("block")).toMatchObject({ valid: false, errors: refused.json.detail });
  expect(await check("non-block")).toMatchObject({ valid: true, errors: [] });

  expect((await api.ask(`${PREFIX}/${id}`, { method: "DELETE" })).json).toEqual({ ok: true });
  expect((await api.ask(PREFIX)).json).toMatchObject([{ name: "greet", version: 2 }]);
  expect((await api.ask(`${PREFIX}/${id}`)).json).toMatchObject({ is_active: false });
});

test("a template becomes a workflow once, again after it was retired, and its commands wait for consent", async () => {
  const api = await startApi();
  const templates = (await api.ask(`${PREFIX}/templates`)).json as {
    name: string;
    tags: string[];
    commands: string[];
  }[];
  for (const { name, commands } of templates) {
    const added = await api.post(`${PREFIX}/templates/${name}/add`);
    expect(added).toMatchObject({ status: 201, json: { created: true, consent_required: commands } });
    const again = await api.post(`${PREFIX}/templates/${name}/add`, {});
    expect(again).toMatchObject({ status: 200, json: { ...added.json, created: false } });
  }
  const [first] = templates;
  expect((await api.ask(`${PREFIX}/templates/${first?.name}`)).json).toMatchObject({ steps: expect.any(Array) });
  expect((await api.ask(`${PREFIX}/templates?tag=${first?.tags[0]}`)).json).toContainEqual(first);
  expect((await api.ask(`${PREFIX}/templates?q=no+such+words`)).json).toEqual([]);
  expect(await api.post(`${PREFIX}/templates/none/add`)).toMatchObject({ status: 404 });

  const { workflow_id } = (await api.post(`${PREFIX}/templates/${first?.name}/add`)).json;
  await api.ask(`${PREFIX}/${workflow_id}`, { method: "DELETE" });
  expect(await api.post(`${PREFIX}/templates/${first?.name}/add`)).toMatchObject({ status: 201 });

  const withCommands = templates.find(({ commands }) => commands.length > 0);
  const { json } = await api.post(`${PREFIX}/templates/${withCommands?.name}/add`);
  expect(await api.post(`${PREFIX}/${json.workflow_id}/run`, {})).toMatchObject({
    status: 409,
    json: { code: "consent_required", commands: withCommands?.commands },
  });
  expect((await api.post(`${PREFIX}/${json.workflow_id}/consent`)).json).toMatchObject({ consent_required: [] });
});

test("a fault of ours is answered without its inner text", async () => {
  const api = await startApi();
  await seedRun(api.store, "r");
  api.engine.control = () => Promise.reject(new Error("secret inner text"));
  const answer = await api.post(`${PREFIX}/runs/r/cancel`);
  expect(answer).toMatchObject({ status: 500, json: { code: "internal_error" } });
  expect(answer.text).not.toContain("secret");
});

test("a backup is begun at once or waited for, and shows in the list", async () => {
  const api = await startApi();
  const backups = `${PREFIX}/ops/backups`;
  const done = await api.post(`${backups}?wait=true`, { label: "before the fair" });
  expect(done).toMatchObject({ status: 201, json: { status: "verified", label: "before the fair", error: null } });
  expect((await api.ask(`${backups}/${done.json.id}`)).json).toEqual(done.json);
  expect((await api.ask(backups)).json).toEqual({ backups: [done.json] });

  const begun = await api.post(backups, {});
  expect(begun).toMatchObject({ status: 202, json: { status: "running" } });
  expect(await api.ask(`${backups}/none`)).toMatchObject({ status: 404, json: { code: "backup_not_found" } });
  expect(await api.ask(`${PREFIX}/ops/tasks/none`, { method: "DELETE" })).toMatchObject({ status: 404 });
  expect(await api.post(backups, { kind: "bundle" })).toMatchObject({ status: 422 });
});

test("while the app shuts down everything can be read and nothing can be begun", async () => {
  const api = await startApi();
  const { json: run } = await api.post(`${PREFIX}/run?mode=sync`, { definition: withApproval });
  api.drain();
  expect(await api.post(`${PREFIX}/run`, { definition: greet })).toMatchObject({
    status: 503,
    json: { code: "shutting_down" },
  });
  expect(await api.ask("/readyz")).toMatchObject({ status: 503, json: { ready: false, reason: "shutting_down" } });
  expect((await api.ask(`${PREFIX}/runs/${run.run_id}`)).json).toMatchObject({ status: "waiting_approval" });
});

test("a call that waits for a run is told when the server closes", async () => {
  const api = await startApi();
  const definition = { name: "slow", steps: [{ id: "nap", type: "delay", config: { milliseconds: 3_600_000 } }] };
  const waiting = api.post(`${PREFIX}/run?mode=sync`, { definition });
  const stored = new AbortController();
  while (api.store.runList.counts().length === 0) await api.store.bell.next(stored.signal);
  await api.close();
  expect(await waiting).toMatchObject({ status: 503, json: { code: "shutting_down" } });
});
