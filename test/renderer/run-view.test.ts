/** Stories of the fold: what a run looks like after its events, and that hearing something twice changes nothing. */
import { expect, test } from "vitest";
import { applyEvent, type RunView } from "../../renderer/run/run-view.ts";
import { aRun, aStep, events, iso } from "./a-run.ts";

const QUEUED: RunView = { run: aRun({ status: "queued" }), steps: [] };

const STORY = events(
  ["run_started", 0],
  ["step_started", 1, "s1", { step_id: "fetch", type: "http", attempt: 1, visit: 1 }],
  ["step_retry_scheduled", 5, "s1", { step_id: "fetch", attempt: 1 }],
  ["step_started", 20, "s1", { step_id: "fetch", type: "http", attempt: 2, visit: 1 }],
  ["step_completed", 31, "s1", { step_id: "fetch", duration_ms: 30 }],
  ["run_completed", 40, undefined, { success: true, duration_ms: 40 }],
);

test("a run is followed from the queue to its end", () => {
  const statuses = STORY.map((_, index) => STORY.slice(0, index + 1).reduce(applyEvent, QUEUED).steps[0]?.status);
  expect(statuses).toEqual([undefined, "running", "retrying", "running", "succeeded", "succeeded"]);
  expect(STORY.reduce(applyEvent, QUEUED)).toMatchObject({
    run: { status: "succeeded", ended_at: iso(40), duration_ms: 40 },
    steps: [{ step_id: "fetch", attempt_count: 2, duration_ms: 30, ended_at: iso(31) }],
  });
});

test("events that the snapshot already holds change nothing", () => {
  const done: RunView = {
    run: aRun({ status: "succeeded", ended_at: iso(40), duration_ms: 40 }),
    steps: [aStep({ status: "succeeded", ended_at: iso(31), duration_ms: 30, attempt_count: 2 })],
  };
  expect(STORY.reduce(applyEvent, done)).toEqual(done);
});

test("a failure brings its words, and a retry brings the run back to life", () => {
  const failed = events(
    ["step_started", 0, "s1", { step_id: "fetch", attempt: 1 }],
    ["step_failed", 2, "s1", { step_id: "fetch", error: "No answer.", code: "offline", attempt: 1 }],
    ["run_failed", 3, undefined, { error: "No answer.", code: "offline" }],
  ).reduce(applyEvent, QUEUED);
  expect(failed).toMatchObject({
    run: { status: "failed", error: "No answer." },
    steps: [{ status: "failed", error: "No answer." }],
  });
  const retried = events(["run_retried", 9, undefined, { incarnation: 2, from_step: "fetch" }]).reduce(
    applyEvent,
    failed,
  );
  expect(retried.run.status).toBe("queued");
});

test("a step that was never begun may be skipped, and events of no step leave the steps alone", () => {
  const view = events(
    ["step_skipped", 1, "s9", { step_id: "optional", reason: "when is false" }],
    ["log", 2, "s9", { message: "hello" }],
  ).reduce(applyEvent, QUEUED);
  expect(view.steps).toMatchObject([{ step_id: "optional", status: "skipped", ended_at: iso(1) }]);
});
