/** Stories of runs that wait for a time: they hold no slot, outlive the app, and end when they should. */
import { expect, test } from "vitest";
import { fakeClock } from "../support/fake-clock.ts";
import { newFolder, startApp } from "../support/running-app.ts";

const HOUR = 3_600_000;

test("a delay parks the run, and its time is a row that outlives the app", async () => {
  const dataDir = await newFolder();
  const clock = fakeClock();
  const first = await startApp({ dataDir, world: { clock } });
  const runId = await first.start({
    name: "tomorrow",
    steps: [
      { id: "before", type: "prompt", config: { template: "kept" } },
      { id: "wait", type: "delay", config: { milliseconds: 24 * HOUR } },
      { id: "after", type: "prompt", config: { template: "{{ before.text }} {{ wait.delayed_ms }}" } },
    ],
  });
  expect(await first.until(runId, "waiting")).toMatchObject({
    status_reason: "delay",
    due_at: "2026-01-06T09:00:00.000+00:00",
  });
  expect(first.engine.status()).toEqual({ activeRuns: 0, queueDepth: 0 });
  await first.stop();

  const later = fakeClock(clock.now() + 25 * HOUR);
  const second = await startApp({ dataDir, world: { clock: later } });

  const run = await second.until(runId, "succeeded");
  expect(run.outputs).toEqual({ text: `kept ${24 * HOUR}` });
  const steps = await second.steps(runId);
  expect(steps.map(({ step_id, visit, attempt_count }) => [step_id, visit, attempt_count])).toEqual([
    ["before", 1, 1],
    ["wait", 1, 1],
    ["after", 1, 1],
  ]);
});

test("a delay ends at its time, not before", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const runId = await app.start({
    name: "egg",
    steps: [{ id: "w", type: "delay", config: { milliseconds: 300_000 } }],
  });
  await app.until(runId, "waiting");
  clock.advance(299_999);
  expect((await app.getRun(runId)).status).toBe("waiting");
  clock.advance(1);
  expect((await app.until(runId, "succeeded")).outputs).toEqual({ delayed_ms: 300_000 });
});

test("more delays than are handled at once, that end at once all go on", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const definition = { name: "many", steps: [{ id: "w", type: "delay", config: { milliseconds: 60_000 } }] };
  const runIds = await Promise.all(Array.from({ length: 120 }, () => app.start(definition)));
  for (const runId of runIds) await app.until(runId, "waiting");
  clock.advance(60_000);
  for (const runId of runIds) await app.until(runId, "succeeded");
});

test("a run's own time limit ends it while it sleeps", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const runId = await app.start({
    name: "overslept",
    timeout_seconds: 60,
    steps: [{ id: "w", type: "delay", config: { milliseconds: HOUR } }],
  });
  await app.until(runId, "waiting");
  clock.advance(60_000);
  expect(await app.until(runId, "failed")).toMatchObject({ error_code: "run_timeout" });
  expect(await app.steps(runId)).toMatchObject([{ status: "cancelled" }]);
});

test("a run's own time limit also holds while it waits for a person", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const runId = await app.start({
    name: "nobody came",
    timeout_seconds: 60,
    steps: [{ id: "ask", type: "wait_for_approval" }],
  });
  await app.until(runId, "waiting_approval");
  clock.advance(60_000);
  expect(await app.until(runId, "failed")).toMatchObject({ error_code: "run_timeout" });
  const { body } = await app.api<{ approvals: unknown[] }>("GET", "/approvals");
  expect(body.approvals).toEqual([]);
});

test("a run's own time limit stops the step that is running, and finally still runs", async () => {
  const app = await startApp();
  const run = await app.run({
    name: "endless",
    timeout_seconds: 0.1,
    steps: [{ id: "s", type: "prompt", config: { simulate_delay_ms: 60_000 } }],
    finally: [{ id: "tidy", type: "prompt", config: { template: "tidied" } }],
  });
  expect(run).toMatchObject({ status: "failed", error_code: "run_timeout" });
  expect(await app.steps(run.run_id)).toMatchObject([
    { step_id: "s", status: "cancelled" },
    { step_id: "tidy", status: "succeeded" },
  ]);
});
