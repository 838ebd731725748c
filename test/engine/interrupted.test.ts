/**
 * Stories of steps that were broken off because the app had to stop. What is safe to run again does so by itself; for
 * anything else a person says what became of it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeClock } from "../support/fake-clock.ts";
import { newFolder, startApp, type TestApp } from "../support/running-app.ts";

/** Longer than the app lets running steps end when it stops. */
const BEYOND_GRACE_MS = 60_000;

/** An app that was stopped while the run's step `s` was at work, and the next app on the same folder. */
async function interruptedRun(): Promise<{ app: TestApp; runId: string }> {
  const dataDir = await newFolder();
  const clock = fakeClock();
  const first = await startApp({ dataDir, world: { clock } });
  const id = await first.save({
    name: "cut short",
    steps: [
      { id: "before", type: "shell", config: { command: "echo before >> done; wc -l < done", parse: "json" } },
      { id: "s", type: "shell", config: { command: "echo s >> done; test $(grep -c s done) -gt 1 || sleep 600" } },
      { id: "after", type: "prompt", config: { template: "{{ before.json }} {{ s.exit_code | default('none') }}" } },
    ],
  });
  const { body } = await first.api<{ run_id: string }>("POST", `/${id}/run`, {});
  await expect
    .poll(async () => (await first.steps(body.run_id)).at(-1))
    .toMatchObject({ step_id: "s", status: "running" });
  // The row is there before the command is: only its own line shows that it has really begun.
  const written = join(dataDir, "Databases", "artifacts", "work", body.run_id, "done");
  await expect.poll(() => readFileSync(written, "utf8")).toContain("s\n");
  const stopped = first.stop();
  // The host waits for the step, then for the command to go.
  await expect
    .poll(async () => {
      clock.advance(BEYOND_GRACE_MS);
      return Promise.race([stopped.then(() => "stopped"), new Promise((resolve) => setImmediate(resolve, "stopping"))]);
    })
    .toBe("stopped");
  const app = await startApp({ dataDir });
  return { app, runId: body.run_id };
}

const resolve = (app: TestApp, runId: string, body: unknown) => app.api("POST", `/runs/${runId}/steps/s/resolve`, body);

test("a command that was cut short waits for a person; what was done before stays done", async () => {
  const { app, runId } = await interruptedRun();
  expect(await app.getRun(runId)).toMatchObject({ status: "waiting_human", status_reason: "interrupted" });
  expect(await app.steps(runId)).toMatchObject([
    { step_id: "before", status: "succeeded", outputs: { json: 1 } },
    { step_id: "s", status: "interrupted", wait: { kind: "interrupted" } },
  ]);
  expect((await app.api("GET", "/approvals")).body).toMatchObject({
    approvals: [{ kind: "interrupted", step_id: "s" }],
  });
  expect(await app.eventTypes(runId)).toEqual(expect.arrayContaining(["run_requeued", "step_interrupted"]));

  expect((await resolve(app, runId, { action: "retry" })).status).toBe(200);

  expect((await app.until(runId, "succeeded")).outputs).toEqual({ text: "1 0" });
  expect(await app.attempts(runId, "s")).toMatchObject([
    { status: "failed", reason_code_core: "interrupted" },
    { status: "succeeded" },
  ]);
  expect((await resolve(app, runId, { action: "done" })).status).toBe(409);
});

test("it can be taken as done, with what it would have given", async () => {
  const { app, runId } = await interruptedRun();
  await resolve(app, runId, { action: "done", outputs: { exit_code: 42 } });
  expect((await app.until(runId, "succeeded")).outputs).toEqual({ text: "1 42" });
});

test("it can be skipped", async () => {
  const { app, runId } = await interruptedRun();
  await resolve(app, runId, { action: "skip" });
  expect((await app.until(runId, "succeeded")).outputs).toEqual({ text: "1 none" });
});

test("it can be given up, and the run fails by that name; retry takes it up again", async () => {
  const { app, runId } = await interruptedRun();
  await resolve(app, runId, { action: "fail" });
  expect(await app.until(runId, "failed")).toMatchObject({
    error_code: "interrupted",
    outputs: { error: "interrupted" },
  });
  expect((await app.control(runId, "retry")).body.result).toBe("applied");
  expect((await app.until(runId, "succeeded")).outputs).toEqual({ text: "1 0" });
});

test("a step that is safe to repeat runs again by itself, with the broken attempt counted", async () => {
  const dataDir = await newFolder();
  const clock = fakeClock();
  const first = await startApp({ dataDir, world: { clock } });
  const runId = await first.start({
    name: "harmless",
    steps: [{ id: "s", type: "prompt", config: { template: "done", simulate_delay_ms: 30_000 } }],
  });
  await first.untilEvent(runId, "step_started");
  const stopped = first.stop();
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(10_000);
  await stopped;

  const later = fakeClock(clock.now() + 1000);
  const second = await startApp({ dataDir, world: { clock: later } });
  await expect.poll(async () => (await second.attempts(runId, "s")).length).toBe(2);
  later.advance(30_000);

  expect((await second.until(runId, "succeeded")).outputs).toEqual({ text: "done" });
  expect(await second.attempts(runId, "s")).toMatchObject([
    { attempt_number: 1, status: "failed", reason_code_core: "interrupted" },
    { attempt_number: 2, status: "succeeded" },
  ]);
});
