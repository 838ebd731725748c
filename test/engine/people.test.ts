/** Stories of runs that wait for a person: what they are asked, what they answer, and what becomes of it. */
import { expect, test } from "vitest";
import type { WorkflowDefinitionInput } from "../../shared/definition.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { newFolder, startApp } from "../support/running-app.ts";

const ask: WorkflowDefinitionInput = {
  name: "ask",
  steps: [
    { id: "first", type: "log" },
    { id: "w1", type: "wait_for_approval", config: { instructions: "look", assigned_to_user_id: 1 } },
    { id: "then", type: "log", config: { message: "Approved by {{ inputs.who }}, {{ w1.comment }}" } },
  ],
};

test("C082, C083: an approval parks the run, shows in the inbox, and carries it on", async () => {
  const app = await startApp();
  const run = await app.run(ask, { who: "Ida" });
  expect(run).toMatchObject({ status: "waiting_approval", status_reason: "awaiting_review", ended_at: null });
  expect(app.engine.status().activeRuns).toBe(0);
  expect((await app.api("GET", "/approvals")).body).toMatchObject({
    approvals: [{ run_id: run.run_id, step_id: "w1", kind: "approval", instructions: "look", assigned_to: "1" }],
  });

  const { status } = await app.api("POST", `/runs/${run.run_id}/steps/w1/approve`, { comment: "fine" });

  expect(status).toBe(200);
  const ended = await app.until(run.run_id, "succeeded");
  expect(ended.outputs).toMatchObject({ message: "Approved by Ida, fine" });
  expect(await app.eventTypes(run.run_id)).toEqual(
    expect.arrayContaining(["waiting_approval", "human_approved", "run_resumed"]),
  );
  expect((await app.api("GET", "/approvals")).body).toEqual({ approvals: [] });
});

test("C085: a rejection without a way on fails the run, and nothing after it runs", async () => {
  const app = await startApp();
  const { run_id } = await app.run(ask);
  await app.api("POST", `/runs/${run_id}/steps/w1/reject`, { comment: "no" });
  expect(await app.until(run_id, "failed")).toMatchObject({
    error_code: "rejected_by_human",
    error: "no",
    outputs: { error: "rejected_by_human", comment: "no" },
  });
  expect((await app.steps(run_id)).map(({ step_id }) => step_id)).toEqual(["first", "w1"]);
});

test("a rejection goes where on_failure says", async () => {
  const app = await startApp();
  const { run_id } = await app.run({
    name: "other way",
    steps: [
      { id: "ok", type: "wait_for_approval", on_failure: "undo" },
      { id: "go", type: "fail" },
      { id: "undo", type: "prompt", config: { template: "undone: {{ ok.comment }}" } },
    ],
  });
  await app.api("POST", `/runs/${run_id}/steps/ok/reject`, { comment: "not like this" });
  expect((await app.until(run_id, "succeeded")).outputs).toEqual({ text: "undone: not like this" });
});

test("the first decision counts: a second click is told so, whichever way it went", async () => {
  const app = await startApp();
  const { run_id } = await app.run(ask, { who: "Ida" });
  const clicks = await Promise.all(
    ["approve", "reject", "approve"].map((verb) =>
      app.api<{ code?: string }>("POST", `/runs/${run_id}/steps/w1/${verb}`, {}),
    ),
  );
  expect(clicks.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  expect(clicks.find(({ status }) => status === 409)?.body.code).toBe("invalid_state");
});

test("what a person fills in is checked, kept, and cannot overrule the decision itself", async () => {
  const app = await startApp();
  const form_schema = {
    type: "object",
    properties: { amount: { type: "integer", minimum: 1 } },
    required: ["amount"],
  };
  const { run_id, status } = await app.run({
    name: "form",
    steps: [
      { id: "w", type: "wait_for_human", config: { form_schema } },
      { id: "n", type: "prompt", config: { template: "{{ w.decision }} {{ w.amount }}" } },
    ],
  });
  expect(status).toBe("waiting_human");
  const approve = (edited_fields: unknown) =>
    app.api<{ code: string; detail: unknown }>("POST", `/runs/${run_id}/steps/w/approve`, { edited_fields });

  expect(await approve({ amount: 0 })).toMatchObject({
    status: 422,
    body: { code: "input_invalid", detail: [{ path: "edited_fields.amount" }] },
  });
  expect((await approve({ amount: 7, decision: "rejected", comment: "x" })).status).toBe(200);

  expect((await app.until(run_id, "succeeded")).outputs).toEqual({ text: "approved 7" });
});

test("a question that nobody answers in time has timed out, and on_timeout goes first", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const runId = await app.start({
    name: "deadline",
    steps: [
      { id: "ok", type: "wait_for_approval", config: { timeout_seconds: 3600 }, on_timeout: "late", on_failure: "no" },
      { id: "no", type: "fail" },
      { id: "late", type: "prompt", config: { template: "late" } },
    ],
  });
  await app.until(runId, "waiting_approval");
  clock.advance(3_600_000);
  expect((await app.until(runId, "succeeded")).outputs).toEqual({ text: "late" });
  expect(await app.eventTypes(runId)).toContain("human_timeout");
  expect((await app.api("POST", `/runs/${runId}/steps/ok/approve`, {})).status).toBe(409);
});

test("without anywhere to go, an unanswered question fails the run by name", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const runId = await app.start({
    name: "deadline",
    steps: [{ id: "ok", type: "wait_for_approval", config: { timeout_seconds: 60 } }],
  });
  await app.until(runId, "waiting_approval");
  clock.advance(60_000);
  expect(await app.until(runId, "failed")).toMatchObject({
    error_code: "human_timeout",
    error: "Nobody decided in time.",
  });
});

test("a question outlives the app, and is answered in the next one", async () => {
  const dataDir = await newFolder();
  const first = await startApp({ dataDir });
  const { run_id } = await first.run(ask, { who: "Ida" });
  await first.stop();
  const second = await startApp({ dataDir });
  expect((await second.getRun(run_id)).status).toBe("waiting_approval");
  await second.api("POST", `/runs/${run_id}/steps/w1/approve`, {});
  await second.until(run_id, "succeeded");
});

test("a step that does not wait, or was never reached, cannot be decided", async () => {
  const app = await startApp();
  const { run_id } = await app.run(ask);
  const decide = async (stepId: string) =>
    (await app.api<{ code: string }>("POST", `/runs/${run_id}/steps/${stepId}/approve`, {})).body.code;
  expect(await decide("first")).toBe("invalid_state");
  expect(await decide("then")).toBe("step_run_not_found");
});
