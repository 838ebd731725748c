/** Which events a fact leaves in the log. Pure: the store appends what comes out, in this order. */

import type { Failure } from "../../shared/error.ts";
import type { NewEvent } from "../../shared/event.ts";
import type { Fact } from "./facts.ts";

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}+00:00`;

export function eventsOf(fact: Fact): NewEvent[] {
  switch (fact.is) {
    case "happened":
      return [fact.event];
    case "claimed":
      return [];
    case "run_started":
      return [{ type: "run_started", payload: { mode: "local", incarnation: fact.incarnation }, at: fact.at }];
    case "visit_started":
      return [
        stepEvent(fact, "step_started", { step_id: fact.stepId, type: fact.type, attempt: 1, visit: fact.visit }),
      ];
    case "attempt_started":
      return [
        stepEvent(fact, "step_started", {
          step_id: fact.stepId,
          type: fact.type,
          attempt: fact.attempt,
          visit: visitOf(fact.stepRunId),
        }),
      ];
    case "attempt_failed":
      return [...timeoutEvents(fact), retryEvent(fact)];
    case "visit_succeeded":
      return [
        stepEvent(fact, "step_completed", {
          step_id: fact.stepId,
          type: fact.type,
          duration_ms: Math.max(0, fact.at - fact.startedAt),
        }),
      ];
    case "visit_failed":
      return failureEvents(fact);
    case "visit_skipped":
      return [stepEvent(fact, "step_skipped", { step_id: fact.stepId, reason: fact.reason })];
    case "visit_cancelled":
      return [stepEvent(fact, "step_cancelled", { step_id: fact.stepId })];
    case "visit_waits":
      return waitEvents(fact);
    case "run_parked":
      return fact.status === "paused" ? [{ type: "run_paused", payload: { by: "user" }, at: fact.at }] : [];
    case "run_ended":
      return [endEvent(fact)];
  }
}

type OfStep = { at: number; stepRunId: string };

function stepEvent<T extends NewEvent["type"]>(
  fact: OfStep,
  type: T,
  payload: Extract<NewEvent, { type: T }>["payload"],
): NewEvent {
  return { type, payload, stepRunId: fact.stepRunId, at: fact.at } as NewEvent;
}

/** Step run ids end in their visit: `{run_id}:{step_id}:{visit}`. */
const visitOf = (stepRunId: string): number => Number(stepRunId.slice(stepRunId.lastIndexOf(":") + 1));

type Failing = OfStep & { stepId: string; attempt: number; failure: Failure; timeoutSeconds: number };

const timeoutEvents = (fact: Failing): NewEvent[] =>
  fact.failure.code === "timeout"
    ? [
        stepEvent(fact, "step_timeout", {
          step_id: fact.stepId,
          attempt: fact.attempt,
          timeout_seconds: fact.timeoutSeconds,
        }),
      ]
    : [];

const retryEvent = (fact: Failing & { nextAttemptAt: number }): NewEvent =>
  stepEvent(fact, "step_retry_scheduled", {
    step_id: fact.stepId,
    attempt: fact.attempt + 1,
    delay_ms: Math.max(0, fact.nextAttemptAt - fact.at),
    next_at: iso(fact.nextAttemptAt),
    code: fact.failure.code,
  });

function failureEvents(fact: Failing & { retrySuppressed: boolean }): NewEvent[] {
  const { stepId, attempt, failure } = fact;
  const suppressed = fact.retrySuppressed
    ? [stepEvent(fact, "step_retry_suppressed", { step_id: stepId, attempt, reason_code: failure.code })]
    : [];
  return [
    ...timeoutEvents(fact),
    ...suppressed,
    stepEvent(fact, "step_failed", {
      step_id: stepId,
      error: failure.message,
      code: failure.code,
      attempt,
      hint: failure.hint,
    }),
  ];
}

function waitEvents(fact: Extract<Fact, { is: "visit_waits" }>): NewEvent[] {
  const { wait, stepId } = fact;
  if (wait.kind === "time") {
    return [stepEvent(fact, "run_waiting", { until: iso(wait.dueAt), step_id: stepId, reason: "delay" })];
  }
  const payload = {
    step_id: stepId,
    assigned_to: wait.assignedTo,
    deadline: wait.deadlineAt === null ? undefined : iso(wait.deadlineAt),
  };
  return [stepEvent(fact, wait.kind === "human" ? "waiting_human" : "waiting_approval", payload)];
}

function endEvent(fact: Extract<Fact, { is: "run_ended" }>): NewEvent {
  switch (fact.status) {
    case "succeeded":
      return {
        type: "run_completed",
        payload: { success: true, duration_ms: Math.max(0, fact.at - fact.startedAt) },
        at: fact.at,
      };
    case "cancelled":
      return { type: "run_cancelled", payload: { by: "user", reason: fact.reason ?? undefined }, at: fact.at };
    case "failed":
      return {
        type: "run_failed",
        payload: {
          error: fact.failure?.message ?? "The run failed.",
          code: fact.failure?.code ?? "step_crashed",
          step_id: fact.failedStepId ?? undefined,
          hint: fact.failure?.hint,
        },
        at: fact.at,
      };
  }
}
