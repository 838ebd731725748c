/** Stories of steps that a person passes over. */
import { expect, test } from "vitest";
import type { WorkflowDefinitionInput } from "../../shared/definition.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { startApp, type TestApp } from "../support/running-app.ts";

const say = (id: string, template: string, more: object = {}) => ({
  id,
  type: "prompt",
  config: { template },
  ...more,
});
const skip = (app: TestApp, runId: string, stepId: string) => app.api("POST", `/runs/${runId}/steps/${stepId}/skip`);
const stepsOf = async (app: TestApp, runId: string) =>
  (await app.steps(runId)).map(({ step_id, status }) => `${step_id} ${status}`);

const waitingKinds: [string, WorkflowDefinitionInput["steps"][number], "waiting" | "waiting_approval"][] = [
  ["for a time", { id: "w", type: "delay", config: { milliseconds: 60_000 } }, "waiting"],
  ["for a person", { id: "w", type: "wait_for_approval" }, "waiting_approval"],
  [
    "to be tried again",
    { id: "w", type: "prompt", config: { force_error: true }, retry: { max: 3, base_ms: 60_000, cap_ms: 60_000 } },
    "waiting",
  ],
];

for (const [what, step, status] of waitingKinds) {
  test(`a step that waits ${what} is skipped, and the run goes on`, async () => {
    const app = await startApp({ env: { WORKFLOWS_BACKOFF_CAP_SECONDS: "60" } });
    const runId = await app.start({ name: "waits", steps: [step, say("after", "done")] });
    await app.until(runId, status);
    expect(await skip(app, runId, "w")).toMatchObject({ status: 200, body: { ok: true } });
    expect(await app.until(runId, "succeeded")).toMatchObject({ outputs: { text: "done" } });
    expect(await stepsOf(app, runId)).toEqual(["w skipped", "after succeeded"]);
    expect((await app.untilEvent(runId, "step_skipped")).payload).toEqual({ step_id: "w", reason: "skipped by local" });
    expect((await app.api("GET", "/approvals")).body).toEqual({ approvals: [] });
    expect(await skip(app, runId, "w")).toMatchObject({ status: 409, body: { code: "invalid_state" } });
  });
}

test("in a paused run the next step of a sequence is skipped, one after the other, and the run stays paused", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const steps = [say("a", "a"), say("b", "b"), say("c", "c"), say("d", "{{ a.text }}d")];
  const slow = { ...say("a", "a"), config: { template: "a", simulate_delay_ms: 1000 } };
  const runId = await app.start({ name: "line", steps: [slow, ...steps.slice(1)] });
  await app.untilEvent(runId, "step_started");
  expect(await skip(app, runId, "a")).toMatchObject({ status: 409 });
  await app.control(runId, "pause");
  clock.advance(1000);
  await app.until(runId, "paused");

  expect(await skip(app, runId, "c")).toMatchObject({ status: 409, body: { code: "invalid_state" } });
  expect(await skip(app, runId, "b")).toMatchObject({ status: 200 });
  expect(await skip(app, runId, "c")).toMatchObject({ status: 200 });
  expect(await app.getRun(runId)).toMatchObject({ status: "paused", current_step: "c", steps_done: 3 });

  await app.control(runId, "resume");
  expect((await app.until(runId, "succeeded")).outputs).toEqual({ text: "ad" });
  expect(await stepsOf(app, runId)).toEqual(["a succeeded", "b skipped", "c skipped", "d succeeded"]);
});

test("a run that is still queued may have its first step skipped", async () => {
  const app = await startApp({ env: { WORKFLOWS_TENANT_CONCURRENCY: "1" } });
  const busy = await app.start({
    name: "busy",
    steps: [{ id: "s", type: "shell", config: { command: "while ! test -e go; do sleep 0.02; done" } }],
  });
  await app.untilEvent(busy, "step_started");
  const runId = await app.start({ name: "later", steps: [say("a", "a"), say("b", "b")] });
  expect((await app.getRun(runId)).status).toBe("queued");
  expect(await skip(app, runId, "a")).toMatchObject({ status: 200 });
  await app.control(busy, "cancel");
  await app.until(runId, "succeeded");
  expect(await stepsOf(app, runId)).toEqual(["a skipped", "b succeeded"]);
});

test("in a graph any step that has not begun is skipped, and those after it still wait for those before it", async () => {
  const app = await startApp();
  const runId = await app.start({
    name: "graph",
    steps: [
      { id: "ask", type: "delay", config: { milliseconds: 60_000 }, depends_on: [] },
      say("mid", "{{ ask.delayed_ms }}", { depends_on: ["ask"] }),
      say("end", "e", { depends_on: ["mid"] }),
    ],
  });
  await app.until(runId, "waiting");
  await app.control(runId, "pause");
  expect(await skip(app, runId, "mid")).toMatchObject({ status: 200 });
  await app.control(runId, "resume");
  await app.until(runId, "waiting");
  expect(await stepsOf(app, runId)).toEqual(["ask waiting", "mid skipped"]);
  await skip(app, runId, "ask");
  await app.until(runId, "succeeded");
  expect(await stepsOf(app, runId)).toEqual(["ask skipped", "mid skipped", "end succeeded"]);
});

test("what cannot be skipped is said", async () => {
  const app = await startApp();
  const runId = (await app.run({ name: "over", steps: [say("a", "a")] })).run_id;
  expect(await skip(app, runId, "a")).toMatchObject({ status: 409, body: { code: "invalid_state" } });
  expect(await skip(app, runId, "z")).toMatchObject({ status: 404, body: { code: "step_run_not_found" } });
  expect(await skip(app, "nobody", "a")).toMatchObject({ status: 404, body: { code: "run_not_found" } });
});
