/** Stories of starting a run: what is filled in, what is refused, and what a repeated request gets. */
import { expect, test } from "vitest";
import type { Run } from "../../shared/run.ts";
import { startApp, type TestApp } from "../support/running-app.ts";

const echo = {
  name: "echo",
  input_schema: {
    type: "object",
    properties: {
      who: { type: "string", minLength: 2 },
      times: { type: "integer", default: 2 },
      how: { enum: ["loud", "soft"], default: "soft" },
    },
    required: ["who"],
    additionalProperties: false,
  },
  steps: [{ id: "s", type: "prompt", config: { template: "{{ inputs.who }} {{ inputs.times }} {{ inputs.how }}" } }],
};

const runCount = async (app: TestApp): Promise<number> =>
  (await app.api<{ total: number }>("GET", "/runs/counts")).body.total;

test("inputs are filled in from the schema and checked against it, each problem with its path", async () => {
  const app = await startApp();
  const id = await app.save(echo);
  const start = (inputs: unknown) => app.api<Run>("POST", `/${id}/run?mode=sync`, { inputs });

  expect((await start({ who: "Ida" })).body).toMatchObject({
    inputs: { who: "Ida", times: 2, how: "soft" },
    outputs: { text: "Ida 2 soft" },
  });
  const refused = await start({ who: "I", times: "x", how: "shrill", more: 1 });
  expect(refused).toMatchObject({ status: 422, body: { code: "input_invalid" } });
  const problems = (refused.body as unknown as { detail: { path: string }[] }).detail;
  expect(problems.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["inputs.who", "inputs.times", "inputs.how"]),
  );
  expect(await start({})).toMatchObject({
    status: 422,
    body: { detail: [{ path: "inputs.who", message: "is required" }] },
  });
  expect(await runCount(app)).toBe(1);
});

test("a schema with an id of its own is good for more than one run", async () => {
  const app = await startApp();
  const definition = { ...echo, input_schema: { ...echo.input_schema, $id: "https://example.test/echo" } };
  for (const who of ["Ida", "Ivo"]) expect((await app.run(definition, { who })).status).toBe("succeeded");
});

test("C021: the same key and request give the first run; the same key for another request is refused", async () => {
  const app = await startApp();
  const id = await app.save(echo);
  const start = (inputs: unknown) => app.api<Run>("POST", `/${id}/run`, { inputs, idempotency_key: "k-77" });
  const first = await start({ who: "Ida", times: 3 });
  expect((await start({ times: 3, who: "Ida" })).body.run_id).toBe(first.body.run_id);
  expect(await start({ who: "Ivo" })).toMatchObject({ status: 409, body: { code: "idempotency_conflict" } });
  expect(await runCount(app)).toBe(1);
});

test("ten simultaneous requests with one key start one run", async () => {
  const app = await startApp();
  const id = await app.save(echo);
  const replies = await Promise.all(
    Array.from({ length: 10 }, () =>
      app.api<Run>("POST", `/${id}/run?mode=sync`, { inputs: { who: "Ida" }, idempotency_key: "once" }),
    ),
  );
  expect(new Set(replies.map(({ body }) => body.run_id)).size).toBe(1);
  expect(await runCount(app)).toBe(1);
});

test("what is refused leaves nothing behind", async () => {
  const app = await startApp();
  const workflows = async () => (await app.api<unknown[]>("GET", "")).body.length;
  const good = { name: "x", steps: [{ id: "s", type: "log" }] };
  const bad: [number, unknown][] = [
    [422, { ...good, steps: [{ id: "s", type: "no_such_type" }] }],
    [422, { ...good, steps: [...good.steps, ...good.steps] }],
    [422, { ...good, steps: [{ id: "s", type: "log", on_success: "nowhere" }] }],
    [413, { ...good, description: "y".repeat(9000), metadata: { big: "x".repeat(300_000) } }],
  ];
  for (const [status, definition] of bad) {
    expect((await app.api("POST", "", definition)).status).toBe(status);
    expect((await app.api("POST", "/run", { definition })).status).toBe(status);
  }
  expect((await app.api("POST", "/999/run", {})).status).toBe(404);
  expect([await workflows(), await runCount(app)]).toEqual([0, 0]);
});

test("a sync call that outlasts its time gets a 504 and the run goes on", async () => {
  const app = await startApp({ env: { WORKFLOWS_RUN_TIMEOUT_SEC: "1" } });
  const id = await app.save({
    name: "slow",
    steps: [{ id: "s", type: "prompt", config: { simulate_delay_ms: 1500, template: "there" } }],
  });
  const { status, body } = await app.api<{ code: string; hint: string }>("POST", `/${id}/run?mode=sync`, {});
  expect([status, body.code]).toEqual([504, "run_timeout"]);
  const { body: list } = await app.api<{ runs: Run[] }>("GET", "/runs");
  const runId = list.runs[0]?.run_id ?? "";
  expect((await app.until(runId, "succeeded")).outputs).toEqual({ text: "there" });
});

test("commands of a bundled template start only after they were allowed", async () => {
  const app = await startApp();
  const { body: added } = await app.api<{ workflow_id: number; consent_required: string[] }>(
    "POST",
    "/templates/disk-usage/add",
  );
  expect(added.consent_required.length).toBeGreaterThan(0);
  const start = () => app.api<{ code: string; commands?: string[] }>("POST", `/${added.workflow_id}/run?mode=sync`, {});
  expect(await start()).toMatchObject({
    status: 409,
    body: { code: "consent_required", commands: added.consent_required },
  });
  expect(await runCount(app)).toBe(0);
  await app.api("POST", `/${added.workflow_id}/consent`);
  expect(await start()).toMatchObject({ status: 200, body: { status: "succeeded" } });
});

test("a pattern that runs away is ended and told; the others are served meanwhile", async () => {
  const app = await startApp();
  const property = { type: "string", pattern: "^(a+)+$" };
  const id = await app.save({ ...echo, input_schema: { properties: { who: property, times: { default: 2 } } } });
  const start = (who: string) => app.api<Run>("POST", `/${id}/run`, { inputs: { who, how: "soft" } });
  const endless = start(`${"a".repeat(60)}!`);
  expect((await app.api("GET", "")).status).toBe(200);
  expect(await endless).toMatchObject({
    status: 422,
    body: {
      code: "input_invalid",
      detail: [{ path: "input_schema", message: expect.stringContaining("longer than 2 s") }],
    },
  });
  expect((await start("aaa")).body).toMatchObject({ inputs: { who: "aaa", times: 2 } });
  expect(await start("b")).toMatchObject({ status: 422, body: { detail: [{ path: "inputs.who" }] } });
  expect(await runCount(app)).toBe(1);
});

test("a schema that cannot be used is refused, and nothing is stored", async () => {
  const app = await startApp();
  const refused = await app.api("POST", "", { ...echo, input_schema: { type: "objekt" } });
  expect(refused).toMatchObject({ status: 422, body: { detail: [{ path: "input_schema.type" }] } });
  expect((await app.api<unknown[]>("GET", "")).body).toHaveLength(0);
});
