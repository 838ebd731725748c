/** Stories of runs that are run again from the middle, with what went before kept or edited. */
import { expect, test } from "vitest";
import type { WorkflowDefinitionInput } from "../../shared/definition.ts";
import type { Run } from "../../shared/run.ts";
import { startApp, type TestApp } from "../support/running-app.ts";

const say = (id: string, template: string, more: object = {}) => ({
  id,
  type: "prompt",
  config: { template },
  ...more,
});

const chain: WorkflowDefinitionInput = {
  name: "chain",
  inputs: { who: "you" },
  input_schema: { type: "object", properties: { who: { type: "string" } } },
  steps: [
    { id: "once", type: "shell", config: { command: "echo ran >> log.txt; cat log.txt" } },
    say("greet", "Hi {{ inputs.who }}"),
    say("tell", "{{ greet.text }}, {{ once.stdout }}"),
  ],
};

const rerun = (app: TestApp, runId: string, body?: object) =>
  app.api<Run & { code?: string }>("POST", `/runs/${runId}/rerun?mode=sync`, body);
const stepsOf = async (app: TestApp, runId: string) =>
  (await app.steps(runId)).map(({ step_id, status, attempt_count }) => [step_id, status, attempt_count]);

test("a rerun from a step keeps what went before it, and says where it came from", async () => {
  const app = await startApp();
  const first = await app.run(chain);

  const { body: second } = await rerun(app, first.run_id, { from_step: "greet", inputs: { who: "Rhea" } });

  expect(second).toMatchObject({
    status: "succeeded",
    parent_run_id: first.run_id,
    started_by: `rerun:${first.run_id}`,
    outputs: { text: "Hi Rhea, ran\n" },
  });
  expect(await stepsOf(app, second.run_id)).toEqual([
    ["once", "succeeded", 0],
    ["greet", "succeeded", 1],
    ["tell", "succeeded", 1],
  ]);
  const reused = (await app.events(second.run_id)).find(({ event_type }) => event_type === "step_reused");
  expect(reused?.payload).toEqual({ step_id: "once", from_run_id: first.run_id, edited: false });
  expect(await app.getRun(first.run_id)).toEqual(first);
});

test("without a step everything runs again, with the inputs that there were", async () => {
  const app = await startApp();
  const first = await app.run(chain, { who: "Ann" });
  const { body: second } = await rerun(app, first.run_id);
  expect(second.outputs).toEqual({ text: "Hi Ann, ran\n" });
  expect((await stepsOf(app, second.run_id)).map(([, , attempts]) => attempts)).toEqual([1, 1, 1]);
});

test("edited outputs stand in the place of what a step gave, even of one that failed", async () => {
  const app = await startApp();
  const first = await app.run({
    name: "broken",
    steps: [
      { id: "fetch", type: "fail", config: {} },
      { id: "note", type: "file_write", config: { path: "n.txt", content: "x" } },
      say("use", "{{ fetch.value }}"),
    ],
  });
  expect(first.status).toBe("failed");
  const { body } = await rerun(app, first.run_id, { from_step: "use", outputs: { fetch: { value: "by hand" } } });
  expect(body).toMatchObject({ status: "succeeded", outputs: { text: "by hand" } });
  expect((await stepsOf(app, body.run_id)).map(([id, status]) => [id, status])).toEqual([
    ["fetch", "succeeded"],
    ["note", "skipped"],
    ["use", "succeeded"],
  ]);
});

test("files of the run's folder are there for the steps that run again", async () => {
  const app = await startApp();
  const first = await app.run({
    name: "files",
    steps: [
      { id: "write", type: "file_write", config: { path: "a/b.txt", content: "kept" } },
      { id: "read", type: "file_read", config: { path: "a/b.txt" } },
    ],
  });
  await app.api("DELETE", `/runs/${(await rerun(app, first.run_id, { from_step: "read" })).body.run_id}`);
  const { body } = await rerun(app, first.run_id, { from_step: "read" });
  expect(body).toMatchObject({ status: "succeeded", outputs: { text: "kept" } });
});

test("a rerun begins where it was asked to, although the step before it had jumped elsewhere", async () => {
  const app = await startApp();
  const first = await app.run({
    name: "jumps",
    steps: [say("a", "a", { on_success: "c" }), say("b", "b"), say("c", "c")],
  });
  const { body } = await rerun(app, first.run_id, { from_step: "b" });
  expect((await stepsOf(app, body.run_id)).map(([id]) => id)).toEqual(["a", "b", "c"]);
});

test("in a graph a step runs again with all that needs it, and nothing else", async () => {
  const app = await startApp();
  const first = await app.run({
    name: "diamond",
    steps: [
      say("top", "t", { depends_on: [] }),
      say("left", "l{{ top.text }}", { depends_on: ["top"] }),
      say("right", "r{{ top.text }}", { depends_on: ["top"] }),
      say("end", "{{ left.text }}{{ right.text }}", { depends_on: ["left", "right"] }),
    ],
  });
  const { body } = await rerun(app, first.run_id, { from_step: "left", outputs: { top: { text: "!" } } });
  expect(body.outputs).toEqual({ text: "l!rt" });
  expect((await stepsOf(app, body.run_id)).map(([id, , attempts]) => [id, attempts])).toEqual([
    ["top", 0],
    ["right", 0],
    ["left", 1],
    ["end", 1],
  ]);
});

test("what does not fit is told before anything starts", async () => {
  const app = await startApp();
  const first = await app.run(chain);
  const cases = [
    [{ from_step: "gret" }, 422, "from_step"],
    [{ from_step: "greet", outputs: { nobody: {} } }, 422, "outputs.nobody"],
    [{ from_step: "greet", outputs: { tell: {} } }, 422, "outputs.tell"],
    [{ outputs: { once: {} } }, 422, "outputs.once"],
    [{ inputs: { who: 7 } }, 422, "inputs.who"],
  ] as const;
  for (const [body, status, path] of cases) {
    const answer = await rerun(app, first.run_id, body);
    expect(answer, path).toMatchObject({ status, body: { detail: [expect.objectContaining({ path })] } });
  }
  expect((await rerun(app, "nobody")).status).toBe(404);
  expect((await app.api("GET", "/runs/counts")).body).toMatchObject({ total: 1 });
});

test("a rerun goes on from its kept steps after a restart", async () => {
  const app = await startApp();
  const slow = { ...chain, steps: [...chain.steps, { id: "ask", type: "wait_for_approval" }] };
  const first = await app.run(slow);
  const { body } = await rerun(app, first.run_id, { from_step: "tell" });
  expect(body.status).toBe("waiting_approval");
  await app.stop();
  const next = await startApp({ dataDir: app.dataDir });
  await next.api("POST", `/runs/${body.run_id}/steps/ask/approve`, {});
  await next.until(body.run_id, "succeeded");
  expect((await stepsOf(next, body.run_id)).map(([id, , attempts]) => [id, attempts])).toEqual([
    ["once", 0],
    ["greet", 0],
    ["tell", 1],
    ["ask", 1],
  ]);
});
