/** Stories of how steps follow each other: graphs, conditions, jumps, failures that are let pass, and what comes out. */
import { expect, test } from "vitest";
import type { WorkflowDefinitionInput } from "../../shared/definition.ts";
import { newFolder, startApp } from "../support/running-app.ts";

type StepInput = WorkflowDefinitionInput["steps"][number];

const say = (id: string, template: string, more: Partial<StepInput> = {}): StepInput => ({
  id,
  type: "prompt",
  config: { template },
  ...more,
});

test("a graph runs what is independent side by side, joins, and gives the outputs of its end steps", async () => {
  const app = await startApp();
  // Each of the two waits for the other's file, so one after the other would never end.
  const meet = (mine: string, other: string) => ({
    id: mine,
    type: "shell",
    config: { command: `touch ${mine}; until test -e ${other}; do sleep 0.02; done; echo ${mine}` },
    timeout_seconds: 20,
    depends_on: ["start"],
  });
  const id = await app.save({
    name: "diamond",
    steps: [
      say("start", "go", { depends_on: [] }),
      meet("left", "right"),
      meet("right", "left"),
      say("join", "{{ left.stdout }}{{ right.stdout }}", { depends_on: ["left", "right"] }),
      say("aside", "{{ start.text }}", { depends_on: ["start"] }),
    ],
  });
  const { body } = await app.api("POST", `/${id}/run?mode=sync`, {});
  expect(body).toMatchObject({
    status: "succeeded",
    steps_done: 5,
    outputs: { join: { text: "left\nright\n" }, aside: { text: "go" } },
  });
});

test("after a failure a graph begins nothing new, lets running steps end, and runs finally", async () => {
  const app = await startApp();
  const run = await app.run({
    name: "half",
    steps: [
      { id: "bad", type: "fail", config: { message: "broken" }, depends_on: [] },
      say("slow", "still done", { depends_on: [], config: { template: "still done", simulate_delay_ms: 50 } }),
      say("never", "x", { depends_on: ["bad", "slow"] }),
    ],
    finally: [say("tidy", "tidied {{ slow.text }}")],
  });
  expect(run).toMatchObject({ status: "failed", error: "broken" });
  expect((await app.steps(run.run_id)).map(({ step_id, status }) => [step_id, status])).toEqual([
    ["bad", "failed"],
    ["slow", "succeeded"],
    ["tidy", "succeeded"],
  ]);
});

test("with fail_fast the steps that are running are stopped", async () => {
  const app = await startApp();
  const run = await app.run({
    name: "fast",
    fail_fast: true,
    steps: [
      { id: "bad", type: "fail", depends_on: [] },
      say("slow", "", { depends_on: [], config: { template: "x", simulate_delay_ms: 60_000 } }),
    ],
  });
  expect(run.status).toBe("failed");
  expect((await app.steps(run.run_id)).find(({ step_id }) => step_id === "slow")?.status).toBe("cancelled");
});

test("a step whose condition is false is skipped: a row and an event, and the run goes on", async () => {
  const app = await startApp();
  const run = await app.run(
    {
      name: "maybe",
      steps: [
        say("a", "a"),
        say("b", "b", { when: "{{ inputs.wanted }}" }),
        say("c", "{{ a.text }} {{ b.text | default('no b') }}", { when: "inputs.n > 1" }),
      ],
    },
    { wanted: "no", n: 2 },
  );
  expect(run.outputs).toEqual({ text: "a no b" });
  expect((await app.steps(run.run_id)).map(({ status }) => status)).toEqual(["succeeded", "skipped", "succeeded"]);
  expect((await app.untilEvent(run.run_id, "step_skipped")).payload).toMatchObject({ step_id: "b" });
});

test("a condition that cannot be resolved fails its step", async () => {
  const app = await startApp();
  const run = await app.run({ name: "unclear", steps: [say("a", "a", { when: "{{ inputs.nothing }}" })] });
  expect(run).toMatchObject({ status: "failed", error_code: "template_error" });
  expect(run.error).toContain('In step "a"');
});

test("a failure that is let pass is seen by the next step and does not fail the run", async () => {
  const app = await startApp();
  const run = await app.run({
    name: "shrug",
    steps: [
      { id: "bad", type: "prompt", config: { force_error: true }, continue_on_error: true },
      say("on", "{{ bad.error }} {{ last.__status__ }}"),
    ],
  });
  expect(run).toMatchObject({ status: "succeeded", outputs: { text: "forced_error failed" } });
});

test("outputs are what the definition says; what cannot be resolved there fails the run", async () => {
  const app = await startApp();
  const steps = [say("a", "7")];
  const run = await app.run({ name: "mapped", steps, outputs: { n: "{{ a.text | int }}", all: "{{ a }}", fixed: 1 } });
  expect(run.outputs).toEqual({ n: 7, all: { text: "7" }, fixed: 1 });
  const bad = await app.run({ name: "unmapped", steps, outputs: { n: "{{ a.nothere }}" } });
  expect(bad).toMatchObject({ status: "failed", error_code: "template_error" });
});

test("finally runs whatever happened, and its own failure fails a run that had succeeded", async () => {
  const app = await startApp();
  const tidy = say("tidy", "tidied");
  const failed = await app.run({ name: "f1", steps: [{ id: "bad", type: "fail" }], finally: [tidy] });
  expect(failed).toMatchObject({
    status: "failed",
    error_code: expect.any(String),
    outputs: { error: expect.any(String) },
  });
  expect((await app.steps(failed.run_id)).at(-1)).toMatchObject({ step_id: "tidy", status: "succeeded" });
  const late = await app.run({ name: "f2", steps: [say("ok", "ok")], finally: [{ id: "bad", type: "fail" }, tidy] });
  expect(late.status).toBe("failed");
  expect((await app.steps(late.run_id)).map(({ step_id }) => step_id)).toEqual(["ok", "bad", "tidy"]);
});

test("jumps that come back for ever end the run by name", async () => {
  const app = await startApp();
  const run = await app.run({
    name: "ring",
    steps: [
      say("a", "a"),
      { id: "b", type: "branch", config: { condition: "{{ 1 }}", true_next: "a" } },
      say("c", "c"),
    ],
  });
  expect(run).toMatchObject({ status: "failed", error_code: "branch_loop_exceeded" });
});

test("a list is worked through item by item, results in the items' order", async () => {
  const app = await startApp();
  const run = await app.run(
    {
      name: "each",
      steps: [
        {
          id: "m",
          type: "map",
          config: {
            items: "{{ inputs.names }}",
            step: { type: "prompt", config: { template: "{{ index }}:{{ item }}" } },
            concurrency: 3,
          },
        },
      ],
    },
    { names: ["x", "y", "z"] },
  );
  expect(run.outputs).toMatchObject({ count: 3, results: [{ text: "0:x" }, { text: "1:y" }, { text: "2:z" }] });
});

test("what a workflow remembers is there in its next run, also after a restart", async () => {
  const dataDir = await newFolder();
  const steps = [{ id: "n", type: "state", config: { action: "increment", key: "count" } }];
  const first = await startApp({ dataDir });
  expect((await first.run({ name: "counter", steps })).outputs).toMatchObject({ value: 1 });
  expect((await first.run({ name: "another", steps })).outputs).toMatchObject({ value: 1 });
  await first.stop();
  const second = await startApp({ dataDir });
  expect((await second.run({ name: "counter", steps })).outputs).toMatchObject({ value: 2, previous: 1 });
});

test("steps and runs that count side by side lose no count", async () => {
  const app = await startApp();
  const count = { type: "state", config: { action: "increment", key: "count" }, depends_on: [] };
  const steps = Array.from({ length: 8 }, (_, index) => ({ ...count, id: `n${index}` }));
  const runs = await Promise.all([1, 2].map(() => app.run({ name: "counter", steps })));
  const counted = runs.flatMap(({ outputs }) =>
    Object.values(outputs ?? {}).map((one) => Number((one as { value: number }).value)),
  );
  expect(counted.sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
});
