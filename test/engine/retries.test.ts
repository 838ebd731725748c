/** Stories of steps that fail: what is tried again, when, how often, and what a failed run leaves to be read. */
import { expect, test } from "vitest";
import { fakeClock } from "../support/fake-clock.ts";
import { startApp } from "../support/running-app.ts";

const HALF = () => 0.5;

test("a failed attempt is a row and an event, and the next one comes after its pause", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock, random: HALF } });
  const runId = await app.start({
    name: "stubborn",
    steps: [{ id: "s", type: "prompt", config: { force_error: true }, retry: 2 }],
  });

  const waiting = await app.until(runId, "waiting");
  expect(waiting).toMatchObject({ status_reason: "retry", due_at: "2026-01-05T09:00:01.500+00:00" });
  expect(await app.steps(runId)).toMatchObject([
    { status: "retrying", attempt_count: 1, next_attempt_at: "2026-01-05T09:00:01.500+00:00" },
  ]);
  expect((await app.untilEvent(runId, "step_retry_scheduled")).payload).toEqual({
    step_id: "s",
    attempt: 2,
    delay_ms: 1500,
    next_at: "2026-01-05T09:00:01.500+00:00",
    code: "forced_error",
  });

  clock.advance(1500);
  await expect.poll(async () => (await app.steps(runId))[0]?.attempt_count).toBe(2);
  await app.until(runId, "waiting");
  clock.advance(2500);
  const failed = await app.until(runId, "failed");

  expect(failed).toMatchObject({ error_code: "forced_error", outputs: { error: "forced_error" } });
  expect(failed.error).toMatch(/force_error/);
  expect(failed.error_hint).toMatch(/Take force_error away/);
  expect(await app.attempts(runId, "s")).toMatchObject(
    [1, 2, 3].map((attempt_number) => ({
      attempt_number,
      status: "failed",
      reason_code_core: "forced_error",
      retryable: true,
      ended_at: expect.any(String),
    })),
  );
});

test("the pause grows no longer than the setting allows", async () => {
  const clock = fakeClock();
  const app = await startApp({ env: { WORKFLOWS_BACKOFF_CAP_SECONDS: "1" }, world: { clock, random: () => 1 } });
  const runId = await app.start({
    name: "capped",
    steps: [{ id: "s", type: "prompt", config: { force_error: true }, retry: { max: 1, base_ms: 60_000 } }],
  });
  const { payload } = await app.untilEvent(runId, "step_retry_scheduled");
  expect(payload).toMatchObject({ delay_ms: 1750 });
  clock.advance(1750);
  await app.until(runId, "failed");
});

test("a failure that would only repeat itself is not tried again, and the log says so", async () => {
  const app = await startApp();
  const run = await app.run({
    name: "hopeless",
    steps: [{ id: "s", type: "prompt", config: { template: "{{ inputs.nobody }}" }, retry: 5 }],
  });
  expect(run).toMatchObject({ status: "failed", error_code: "template_error" });
  expect(await app.attempts(run.run_id, "s")).toHaveLength(1);
  expect((await app.untilEvent(run.run_id, "step_retry_suppressed")).payload).toMatchObject({
    step_id: "s",
    reason_code: "template_error",
  });
});

test("retry_on names what is worth another try; anything else fails at once", async () => {
  const app = await startApp();
  const retry = { max: 3, base_ms: 0, retry_on: ["timeout"] };
  const run = await app.run({
    name: "choosy",
    steps: [{ id: "s", type: "prompt", config: { force_error: true }, retry }],
  });
  expect(run.status).toBe("failed");
  expect(await app.attempts(run.run_id, "s")).toHaveLength(1);
});

test("a step that succeeds at its second attempt carries the run on", async () => {
  const app = await startApp();
  const workflow = await app.save({
    name: "second time lucky",
    steps: [
      {
        id: "try",
        type: "shell",
        config: { command: "test -e tried || { touch tried; exit 1; }; echo done" },
        retry: { max: 1, base_ms: 0 },
      },
      { id: "after", type: "prompt", config: { template: "{{ try.stdout }}" } },
    ],
  });
  const { body: run } = await app.api<{ run_id: string; status: string; outputs: unknown }>(
    "POST",
    `/${workflow}/run?mode=sync`,
    {},
  );
  expect(run).toMatchObject({ status: "succeeded", outputs: { text: "done\n" } });
  expect(await app.attempts(run.run_id, "try")).toMatchObject([
    { status: "failed", reason_code_core: "command_failed" },
    { status: "succeeded" },
  ]);
});

test("C070: a step that takes too long has timed out, is tried again, and then fails the run", async () => {
  const app = await startApp();
  const run = await app.run({
    name: "slow",
    steps: [
      {
        id: "s",
        type: "prompt",
        config: { simulate_delay_ms: 60_000 },
        timeout_seconds: 0.02,
        retry: { max: 1, base_ms: 0 },
      },
    ],
  });
  expect(run).toMatchObject({ status: "failed", error_code: "timeout", outputs: { error: "timeout" } });
  const types = await app.eventTypes(run.run_id);
  expect(types.filter((type) => type === "step_timeout")).toHaveLength(2);
});

test("a timeout goes where on_timeout says, else where on_failure says", async () => {
  const app = await startApp();
  const slow = { id: "s", type: "prompt", config: { simulate_delay_ms: 60_000 }, timeout_seconds: 0.02 };
  const others = [
    { id: "never", type: "fail", config: {} },
    { id: "late", type: "prompt", config: { template: "late: {{ s.error }}" }, on_success: "_end" },
    { id: "sorry", type: "prompt", config: { template: "sorry" } },
  ];
  const timed = await app.run({
    name: "timed",
    steps: [{ ...slow, on_timeout: "late", on_failure: "sorry" }, ...others],
  });
  expect(timed).toMatchObject({ status: "succeeded", outputs: { text: "late: timeout" } });
  const other = await app.run({ name: "other", steps: [{ ...slow, on_failure: "sorry" }, ...others] });
  expect(other).toMatchObject({ status: "succeeded", outputs: { text: "sorry" } });
});

test("a command that timed out is gone before its next attempt begins", async () => {
  const app = await startApp();
  const workflow = await app.save({
    name: "one at a time",
    steps: [
      {
        id: "s",
        type: "shell",
        config: {
          command:
            "test -e busy && echo overlap >> overlaps; touch busy; trap 'sleep 0.3; rm busy; exit' TERM; sleep 60 & wait",
        },
        timeout_seconds: 0.3,
        retry: { max: 1, base_ms: 0 },
        continue_on_error: true,
      },
      { id: "look", type: "shell", config: { command: "cat overlaps 2>/dev/null | wc -l", parse: "json" } },
    ],
  });
  const { body } = await app.api<{ status: string; outputs: { json: number } }>(
    "POST",
    `/${workflow}/run?mode=sync`,
    {},
  );
  expect(body).toMatchObject({ status: "succeeded", outputs: { json: 0 } });
});
