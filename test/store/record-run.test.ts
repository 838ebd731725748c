/** Stories of a run's facts: which rows and events they leave, and what may not be written any more. */
import { describe, expect, test } from "vitest";
import type { Fact } from "../../electron/store/facts.ts";
import { aClaimedRun, addRun, aRecord, aStore, LEASE, NOW, type TestStore } from "./a-store.ts";

const of = { at: NOW + 100, stepRunId: "r1:a:1", stepId: "a" };
const failure = { code: "offline", message: "The network is down.", hint: "Plug it in.", retryable: true };
const started: Fact = {
  is: "visit_started",
  ...of,
  visit: 1,
  phase: "main",
  name: "A",
  type: "http",
  inputs: { url: "x" },
  capability: null,
};
const succeeded: Fact = {
  is: "visit_succeeded",
  ...of,
  at: NOW + 150,
  type: "http",
  attempt: 1,
  startedAt: of.at,
  outputs: { n: 1 },
  next: null,
};
const attemptFailed: Fact = {
  is: "attempt_failed",
  ...of,
  attempt: 1,
  failure,
  nextAttemptAt: NOW + 5100,
  timeoutSeconds: 30,
};
const attempt2: Fact = { is: "attempt_started", ...of, at: NOW + 5100, attempt: 2, type: "http", capability: null };
const visitFailed: Fact = {
  is: "visit_failed",
  ...of,
  attempt: 1,
  failure,
  outputs: { error: "offline" },
  timeoutSeconds: 30,
  retrySuppressed: false,
};
const ended = (
  status: "succeeded" | "failed" | "cancelled",
  more: Partial<Extract<Fact, { is: "run_ended" }>> = {},
): Fact => ({
  is: "run_ended",
  at: NOW + 200,
  status,
  startedAt: NOW,
  reason: null,
  outputs: null,
  failure: null,
  failedStepId: null,
  ...more,
});

/** `step_started {…}` for each event past the run's own start. */
const log = ({ store }: TestStore, runId = "r1"): [string, Record<string, unknown>][] =>
  store.events.after(runId, 1, 100).map((event) => [event.eventType, JSON.parse(event.payloadJson)]);

describe("facts become rows and events", () => {
  const table: [story: string, facts: Fact[], row: object, events: [string, object][]][] = [
    [
      "a step that runs",
      [started],
      { status: "running", attempt: 1, endedAt: null, inputsJson: '{"url":"x"}', name: "A", phase: "main" },
      [["step_started", { step_id: "a", type: "http", attempt: 1, visit: 1 }]],
    ],
    [
      "a step that succeeded",
      [started, succeeded],
      { status: "succeeded", endedAt: NOW + 150, outputsJson: '{"n":1}', nextStep: null, error: null },
      [
        ["step_started", {}],
        ["step_completed", { step_id: "a", type: "http", duration_ms: 50 }],
      ],
    ],
    [
      "a step that will be tried again",
      [started, attemptFailed],
      { status: "retrying", attempt: 1, nextAttemptAt: NOW + 5100, errorCode: "offline", retryable: 1, endedAt: null },
      [
        ["step_started", {}],
        ["step_retry_scheduled", { attempt: 2, delay_ms: 5000, code: "offline" }],
      ],
    ],
    [
      "a second attempt that succeeded has no error left",
      [started, attemptFailed, attempt2, { ...succeeded, attempt: 2 }],
      {
        status: "succeeded",
        attempt: 2,
        errorCode: null,
        error: null,
        errorHint: null,
        retryable: null,
        nextAttemptAt: null,
      },
      [
        ["step_started", { attempt: 1 }],
        ["step_retry_scheduled", {}],
        ["step_started", { attempt: 2, visit: 1 }],
        ["step_completed", {}],
      ],
    ],
    [
      "a step that failed",
      [started, visitFailed],
      { status: "failed", errorCode: "offline", error: "The network is down.", errorHint: "Plug it in.", retryable: 1 },
      [
        ["step_started", {}],
        ["step_failed", { code: "offline", error: "The network is down.", attempt: 1, hint: "Plug it in." }],
      ],
    ],
    [
      "a timeout whose retries are of no use",
      [started, { ...visitFailed, failure: { ...failure, code: "timeout" }, retrySuppressed: true }],
      { status: "failed", errorCode: "timeout" },
      [
        ["step_started", {}],
        ["step_timeout", { timeout_seconds: 30 }],
        ["step_retry_suppressed", { reason_code: "timeout" }],
        ["step_failed", { code: "timeout" }],
      ],
    ],
    [
      "a skipped step",
      [{ is: "visit_skipped", ...of, visit: 1, phase: "main", name: null, type: "log", reason: "when is false" }],
      { status: "skipped", endedAt: NOW + 100, attempt: 0 },
      [["step_skipped", { step_id: "a", reason: "when is false" }]],
    ],
    [
      "a cancelled step",
      [started, { is: "visit_cancelled", ...of, attempt: 1 }],
      { status: "cancelled", endedAt: NOW + 100 },
      [
        ["step_started", {}],
        ["step_cancelled", { step_id: "a" }],
      ],
    ],
    [
      "a cancelled step that was to be tried again waits for nothing any more",
      [started, attemptFailed, { is: "visit_cancelled", ...of, attempt: 1 }],
      { status: "cancelled", nextAttemptAt: null },
      [
        ["step_started", {}],
        ["step_retry_scheduled", {}],
        ["step_cancelled", {}],
      ],
    ],
    [
      "a step that sleeps",
      [started, { is: "visit_waits", ...of, attempt: 1, wait: { kind: "time", dueAt: NOW + 900, outputs: { ok: 1 } } }],
      { status: "waiting", endedAt: null },
      [
        ["step_started", {}],
        ["run_waiting", { step_id: "a", reason: "delay", until: "2026-03-01T09:00:00.900+00:00" }],
      ],
    ],
    [
      "a step that waits for an approval",
      [
        started,
        {
          is: "visit_waits",
          ...of,
          attempt: 1,
          wait: { kind: "approval", assignedTo: "ada", instructions: null, formSchema: null, deadlineAt: null },
        },
      ],
      { status: "waiting_approval" },
      [
        ["step_started", {}],
        ["waiting_approval", { step_id: "a", assigned_to: "ada" }],
      ],
    ],
  ];

  test.each(table)("%s, written at once", async (_story, facts, row, events) => {
    const file = await aStore();
    await aClaimedRun(file.store);
    await file.store.record(aRecord("r1", facts));
    expect(file.store.stepRuns.get("r1:a:1")).toMatchObject(row);
    expect(log(file)).toMatchObject(events);
  });

  test.each(table)("%s, written fact by fact", async (_story, facts, row, events) => {
    const file = await aStore();
    await aClaimedRun(file.store);
    for (const fact of facts) await file.store.record(aRecord("r1", [fact]));
    expect(file.store.stepRuns.get("r1:a:1")).toMatchObject(row);
    expect(log(file)).toMatchObject(events);
  });

  test("each attempt has its own line", async () => {
    const file = await aStore();
    await aClaimedRun(file.store);
    await file.store.record(aRecord("r1", [started, attemptFailed]));
    await file.store.record(aRecord("r1", [attempt2, { ...succeeded, attempt: 2, at: NOW + 5200 }]));
    expect(file.store.stepRuns.attempts("r1:a:1")).toMatchObject([
      {
        attemptNumber: 1,
        status: "failed",
        reasonCodeCore: "offline",
        errorSummary: "The network is down.",
        retryable: 1,
      },
      { attemptNumber: 2, status: "succeeded", startedAt: NOW + 5100, endedAt: NOW + 5200, errorSummary: null },
    ]);
    expect(file.store.waits.dueTimers(NOW + 5100, 10)).toMatchObject([{ kind: "retry", stepRunId: "r1:a:1" }]);
  });
});

describe("the end of a run", () => {
  test("is its last event, after those of the steps that it closes, and drops its timers", async () => {
    const file = await aStore();
    await aClaimedRun(file.store);
    await file.store.record(aRecord("r1", [started, attemptFailed]));
    await file.store.record(aRecord("r1", [ended("failed", { failure, failedStepId: "a", reason: "offline" })]));
    expect(file.store.runs.get("r1")).toMatchObject({
      status: "failed",
      endedAt: NOW + 200,
      durationMs: 200,
      leaseId: null,
      errorCode: "offline",
    });
    expect(file.store.stepRuns.get("r1:a:1")).toMatchObject({ status: "cancelled", nextAttemptAt: null });
    expect(log(file).slice(-2)).toMatchObject([
      ["step_cancelled", { step_id: "a" }],
      ["run_failed", { code: "offline", step_id: "a" }],
    ]);
    expect(file.store.waits.nextDueAt()).toBeNull();
  });

  test("with success keeps what the run gave", async () => {
    const file = await aStore();
    await aClaimedRun(file.store);
    const outcome = await file.store.record(
      aRecord("r1", [started, succeeded, ended("succeeded", { outputs: { n: 1 } })]),
    );
    expect(outcome).toMatchObject({ recorded: true, ended: true });
    expect(file.store.runs.get("r1")).toMatchObject({ status: "succeeded", outputsJson: '{"n":1}' });
    expect(log(file).at(-1)).toEqual(["run_completed", { success: true, duration_ms: 200 }]);
  });

  test("does not come while a cancel was asked for: a cancelled run is not completed", async () => {
    const file = await aStore();
    await aClaimedRun(file.store);
    await file.store.write("cancel", ({ runs }) => runs.requestCancel("r1"));
    const done = await file.store.record(aRecord("r1", [started, succeeded, ended("succeeded", { outputs: {} })]));
    expect(done).toEqual({ recorded: true, ended: false, cancelRequested: true, pauseRequested: false });
    expect(file.store.runs.get("r1")).toMatchObject({ status: "running", leaseId: LEASE });
    expect(file.store.stepRuns.get("r1:a:1")).toMatchObject({ status: "succeeded" });
    await file.store.record(aRecord("r1", [ended("cancelled", { reason: "cancelled_by_user" })]));
    expect(file.store.runs.get("r1")).toMatchObject({ status: "cancelled" });
    expect(log(file).filter(([type]) => /run_(completed|failed|cancelled)/.test(type))).toHaveLength(1);
  });
});

describe("a run that goes to rest", () => {
  const parked: Fact = { is: "run_parked", at: NOW + 1, status: "waiting", reason: "delay", dueAt: NOW + 500 };

  test("holds no lease and says until when", async () => {
    const file = await aStore();
    await aClaimedRun(file.store);
    await file.store.record(aRecord("r1", [parked]));
    expect(file.store.runs.get("r1")).toMatchObject({
      status: "waiting",
      statusReason: "delay",
      dueAt: NOW + 500,
      leaseId: null,
    });
  });

  test("does not when a cancel was asked for", async () => {
    const file = await aStore();
    await aClaimedRun(file.store);
    await file.store.write("cancel", ({ runs }) => runs.requestCancel("r1"));
    expect(await file.store.record(aRecord("r1", [parked]))).toMatchObject({ recorded: true, cancelRequested: true });
    expect(file.store.runs.get("r1")).toMatchObject({ status: "running", leaseId: LEASE });
  });

  test("is paused when a pause was asked for, and says so", async () => {
    const file = await aStore();
    await aClaimedRun(file.store);
    await file.store.write("pause", ({ runs }) => runs.requestPause("r1", 1));
    await file.store.record(aRecord("r1", [parked]));
    expect(file.store.runs.get("r1")).toMatchObject({ status: "paused", statusReason: "paused_by_user" });
    expect(log(file)).toEqual([["run_paused", { by: "user" }]]);
  });

  test("is woken at its deadline, wherever it rests", async () => {
    const file = await aStore();
    await addRun(file.store, "r1");
    const start: Fact = { is: "run_started", at: NOW, incarnation: 1, deadlineAt: NOW + 60_000 };
    await file.store.record(
      aRecord("r1", [start, { ...parked, status: "waiting_human", dueAt: null }], { claim: true }),
    );
    expect(file.store.waits.dueTimers(NOW + 60_000, 10)).toMatchObject([{ kind: "run_deadline", runId: "r1" }]);
  });
});

describe("who may write", () => {
  const wrong: [string, Partial<Parameters<typeof aRecord>[2]>][] = [
    ["another lease", { leaseId: "lease-2" }],
    ["a second claim", { claim: true, leaseId: "lease-2" }],
  ];
  test.each(wrong)("%s writes nothing", async (_who, by) => {
    const file = await aStore();
    await aClaimedRun(file.store);
    expect(await file.store.record(aRecord("r1", [started], by))).toEqual({ recorded: false });
    expect(file.store.stepRuns.ofRun("r1")).toEqual([]);
    expect(log(file)).toEqual([]);
  });

  test("a run that has ended, was parked or never was takes no record", async () => {
    const file = await aStore();
    await aClaimedRun(file.store, "ended");
    await file.store.record(aRecord("ended", [ended("succeeded")]));
    await aClaimedRun(file.store, "parked");
    await file.store.record(
      aRecord("parked", [{ is: "run_parked", at: NOW, status: "waiting", reason: null, dueAt: 1 }]),
    );
    for (const runId of ["ended", "parked", "nobody"])
      expect(await file.store.record(aRecord(runId, [ended("failed")]))).toEqual({ recorded: false });
    expect(file.store.runs.get("ended")).toMatchObject({ status: "succeeded" });
  });

  test("a step run that is over never changes: the whole record is refused", async () => {
    const file = await aStore();
    await aClaimedRun(file.store);
    await file.store.record(aRecord("r1", [started, succeeded]));
    const before = [file.store.stepRuns.get("r1:a:1"), log(file)];
    for (const late of [visitFailed, attempt2, { is: "visit_cancelled", ...of, attempt: 1 } as Fact]) {
      await expect(file.store.record(aRecord("r1", [late, ended("failed")]))).rejects.toThrow("is over");
    }
    expect([file.store.stepRuns.get("r1:a:1"), log(file)]).toEqual(before);
    expect(file.store.runs.get("r1")).toMatchObject({ status: "running" });
  });

  test("outputs that are not JSON are refused whole, and the next record works", async () => {
    const file = await aStore();
    await aClaimedRun(file.store);
    const bad = { ...succeeded, outputs: { n: 1n } } as unknown as Fact;
    await expect(file.store.record(aRecord("r1", [started, bad]))).rejects.toThrow(TypeError);
    expect(file.store.stepRuns.ofRun("r1")).toEqual([]);
    expect(await file.store.record(aRecord("r1", [started, succeeded]))).toMatchObject({ recorded: true });
    expect(log(file)).toHaveLength(2);
  });
});

test("a retry in place begins a new incarnation of what failed, never of what succeeded", async () => {
  const file = await aStore();
  const again = (runId: string) => file.store.write("again", ({ runs }) => runs.beginAgain({ runId, at: NOW + 300 }));
  for (const status of ["failed", "succeeded"] as const) {
    await aClaimedRun(file.store, status);
    await file.store.record(aRecord(status, [ended(status, status === "failed" ? { failure } : {})]));
  }
  expect(await again("failed")).toBe(true);
  expect(file.store.runs.get("failed")).toMatchObject({ status: "queued", incarnation: 2, endedAt: null, error: null });
  expect(await again("failed")).toBe(false);
  expect(await again("succeeded")).toBe(false);
});
