/**
 * The brain: given a definition and what has happened, what comes next. No clock, no IO, no memory. The worker does what
 * it says and records it, so a run can be taken up again from its rows at any point.
 *
 * Two kinds of flow. A *sequence* goes from step to step and may jump; a *graph* starts whatever has all it depends on.
 * After either come the `finally` steps, one by one, whatever the outcome; then the run ends.
 *
 * A retry of the run in place is a new incarnation: visits that failed or were cancelled in an older one no longer count.
 */
import { END, isGraph, type StepDefinition, type WorkflowDefinition } from "../../shared/definition.ts";
import type { Failure } from "../../shared/error.ts";
import type { RunStatus } from "../../shared/transitions.ts";
import type { Phase } from "../store/facts.ts";
import { type History, isOver, stillCounts, type Visit } from "./history.ts";

export type Outcome =
  | { status: "succeeded" }
  | { status: "failed"; failure: Failure; stepId: string | null }
  | { status: "cancelled" };

export type Action =
  /** Begin a visit of a step. */
  | { do: "start"; step: StepDefinition; phase: Phase }
  /** The pause of a failed step is over: its next attempt. */
  | { do: "attempt"; step: StepDefinition; visit: Visit; attempt: number }
  /** Tell running steps to stop; their results are still recorded. */
  | { do: "stop_steps" }
  /** Steps are running and nothing else can begin. `wakeAt`: when to look again although none has ended. */
  | { do: "wait_for_steps"; wakeAt: number | null }
  /** Nothing runs and nothing can begin until a time or a person moves the run on. */
  | {
      do: "park";
      status: Extract<RunStatus, "waiting" | "paused" | "waiting_human" | "waiting_approval">;
      reason: string | null;
      dueAt: number | null;
    }
  | { do: "finish"; outcome: Outcome };

/** Visits allowed per step of the definition before jumps count as an endless loop. */
const VISITS_PER_STEP = 10;

/** What to do now, in order. Never empty. */
export function decide(definition: WorkflowDefinition, history: History, now: number): Action[] {
  const main = mainPhase(definition, history, now);
  if (!("outcome" in main)) return settleIdle(history, main.actions);
  const running = history.visits.some((visit) => visit.state.status === "running" && visit.phase === "main");
  if (running) return [{ do: "stop_steps" }, { do: "wait_for_steps", wakeAt: null }];
  return afterMain(definition, history, main.outcome, now);
}

type PhaseResult = { outcome: Outcome } | { actions: Action[] };

function mainPhase(definition: WorkflowDefinition, history: History, now: number): PhaseResult {
  if (history.cancelRequested) return { outcome: { status: "cancelled" } };
  const result = isGraph(definition) ? graphPhase(definition, history, now) : sequencePhase(definition, history, now);
  const inTime = history.deadlineAt === null || now < history.deadlineAt;
  return inTime || endedBefore(history, history.deadlineAt, result) ? result : { outcome: runTimedOut(definition) };
}

/** The time that `finally` takes cannot change what became of the steps before it. */
function endedBefore(history: History, deadlineAt: number | null, result: PhaseResult): boolean {
  if (!("outcome" in result) || deadlineAt === null) return false;
  const main = history.visits.filter((visit) => visit.phase === "main" && visit.incarnation === history.incarnation);
  return main.every(({ state, endedAt }) => !isOver(state) || (endedAt ?? 0) < deadlineAt);
}

const runTimedOut = (definition: WorkflowDefinition): Outcome => ({
  status: "failed",
  stepId: null,
  failure: {
    code: "run_timeout",
    message: `The run took longer than its ${definition.timeout_seconds ?? 0} seconds.`,
    hint: "Raise timeout_seconds of the workflow, or look in the timeline for the step that took the time.",
    retryable: true,
  },
});

/* ---------- sequence ---------- */

function sequencePhase(definition: WorkflowDefinition, history: History, now: number): PhaseResult {
  const visits = history.visits.filter((visit) => visit.phase === "main");
  const last = visits.at(-1);
  const steps = definition.steps;
  if (last && !isOver(last.state)) return { actions: carryOn(definition, [last], now) };
  const next = last ? following(steps, last, stillCounts(history, last)) : (steps[0] ?? "end");
  if (next === "end") return { outcome: { status: "succeeded" } };
  if ("status" in next) return { outcome: next };
  const counted = visits.filter((visit) => visit.incarnation === history.incarnation).length;
  if (counted >= VISITS_PER_STEP * steps.length) return { outcome: looped(next) };
  return { actions: [{ do: "start", step: next, phase: "main" }] };
}

/** The step after a visit that is over: itself if the visit no longer counts. `end`, or the outcome that it forces. */
function following(steps: readonly StepDefinition[], last: Visit, counts: boolean): StepDefinition | "end" | Outcome {
  const at = steps.findIndex((step) => step.id === last.stepId);
  const step = steps[at];
  if (!step) return { status: "failed", stepId: last.stepId, failure: goneStep(last.stepId) };
  if (!counts) return step;
  const natural = steps[at + 1] ?? "end";
  const goTo = (id: string): StepDefinition | "end" | Outcome =>
    id === END ? "end" : (steps.find((candidate) => candidate.id === id) ?? astray(step, id));
  switch (last.state.status) {
    case "succeeded": {
      const target = last.state.next || step.on_success;
      return target ? goTo(target) : natural;
    }
    case "failed": {
      const { failure } = last.state;
      const timedOut = failure.code === "timeout" || failure.code === "human_timeout";
      const handler = (timedOut && step.on_timeout) || step.on_failure;
      if (handler) return goTo(handler);
      return step.continue_on_error ? natural : { status: "failed", stepId: step.id, failure };
    }
    case "cancelled":
      return { status: "cancelled" };
    default:
      return natural;
  }
}

/** A target that a template gave; those that are written down were checked when the definition was saved. */
const astray = (step: StepDefinition, target: string): Outcome => ({
  status: "failed",
  stepId: step.id,
  failure: {
    code: "validation_error",
    message: `Step "${step.id}" goes on at "${target}", but there is no such step.`,
    hint: `Let its template give the id of a step, or ${END} to end the run.`,
    retryable: false,
  },
});

const goneStep = (stepId: string): Failure => ({
  code: "invariant_violation",
  message: `The definition has no step "${stepId}" although the run has visited it.`,
  retryable: false,
});

const looped = (step: StepDefinition): Outcome => ({
  status: "failed",
  stepId: step.id,
  failure: {
    code: "branch_loop_exceeded",
    message: `The jumps of this workflow came back to "${step.id}" too often.`,
    hint: `A run may visit its steps ${VISITS_PER_STEP} times as often as there are steps. Look at what should end the loop.`,
    retryable: false,
  },
});

/* ---------- graph ---------- */

function graphPhase(definition: WorkflowDefinition, history: History, now: number): PhaseResult {
  const latest = latestVisits(history);
  const failed = definition.steps.find(
    (step) => latest.get(step.id)?.state.status === "failed" && !step.continue_on_error,
  );
  const cancelled = [...latest.values()].some((visit) => visit.state.status === "cancelled");
  const open = [...latest.values()].filter((visit) => !isOver(visit.state));
  if (failed || cancelled) {
    if (open.some((visit) => visit.state.status === "running"))
      return { actions: [...stopIf(definition.fail_fast), { do: "wait_for_steps", wakeAt: null }] };
    return { outcome: failed ? failureOf(failed, latest) : { status: "cancelled" } };
  }
  const known = new Map<string, boolean>();
  const ready = definition.steps.filter(
    (step) => !latest.has(step.id) && dependenciesMet(definition, step, latest, known),
  );
  const starts = ready.map((step): Action => ({ do: "start", step, phase: "main" }));
  // What else there is to do is asked again once they run: a run that has just begun a step must not be parked.
  if (starts.length > 0) return { actions: starts };
  if (open.length === 0) return { outcome: { status: "succeeded" } };
  return { actions: carryOn(definition, open, now) };
}

const stopIf = (failFast: boolean | null | undefined): Action[] => (failFast ? [{ do: "stop_steps" }] : []);

/** The newest visit of each step that still counts in this incarnation. */
function latestVisits(history: History): Map<string, Visit> {
  const latest = new Map<string, Visit>();
  for (const visit of history.visits) if (visit.phase === "main") latest.set(visit.stepId, visit);
  for (const [stepId, visit] of latest) if (!stillCounts(history, visit)) latest.delete(stepId);
  return latest;
}

/** @param known what was found of steps that were skipped, by id */
function dependenciesMet(
  definition: WorkflowDefinition,
  step: StepDefinition,
  latest: ReadonlyMap<string, Visit>,
  known: Map<string, boolean>,
): boolean {
  return (step.depends_on ?? []).every((id) => {
    const status = latest.get(id)?.state.status;
    if (status === "succeeded") return true;
    const other = definition.steps.find((one) => one.id === id);
    if (status === "failed") return other?.continue_on_error === true;
    if (status !== "skipped" || !other) return false;
    // A person may skip a step before its turn; then those after it still wait for what it waits for.
    const met = known.get(id) ?? dependenciesMet(definition, other, latest, known);
    known.set(id, met);
    return met;
  });
}

function failureOf(step: StepDefinition, latest: ReadonlyMap<string, Visit>): Outcome {
  const state = latest.get(step.id)?.state;
  const failure = state?.status === "failed" ? state.failure : goneStep(step.id);
  return { status: "failed", stepId: step.id, failure };
}

/* ---------- both ---------- */

/** What the visits that are not over need: attempts whose time has come, else waiting or parking. */
function carryOn(definition: WorkflowDefinition, open: readonly Visit[], now: number): Action[] {
  const due = open.flatMap((visit): Action[] => {
    if (visit.state.status !== "retrying" || visit.state.nextAttemptAt > now) return [];
    const step = [...definition.steps, ...(definition.finally ?? [])].find(
      (candidate) => candidate.id === visit.stepId,
    );
    return step ? [{ do: "attempt", step, visit, attempt: visit.state.attempt + 1 }] : [];
  });
  if (due.length > 0) return due;
  if (open.length === 0) return [];
  if (open.some((visit) => visit.state.status === "running")) return [{ do: "wait_for_steps", wakeAt: nextTime(open) }];
  return [park(open)];
}

/** The next time at which an open visit changes by itself, epoch ms. */
function nextTime(open: readonly Visit[]): number | null {
  const times = open.flatMap(({ state }) =>
    state.status === "retrying" ? [state.nextAttemptAt] : state.status === "waiting" ? [state.dueAt] : [],
  );
  return times.length === 0 ? null : Math.min(...times);
}

/** A person's decision is named before a time: it is what somebody has to do. */
function park(open: readonly Visit[]): Action {
  const has = (status: Visit["state"]["status"]) => open.some((visit) => visit.state.status === status);
  const dueAt = nextTime(open);
  if (has("interrupted")) return { do: "park", status: "waiting_human", reason: "interrupted", dueAt };
  if (has("waiting_human")) return { do: "park", status: "waiting_human", reason: "awaiting_review", dueAt };
  if (has("waiting_approval")) return { do: "park", status: "waiting_approval", reason: "awaiting_review", dueAt };
  return { do: "park", status: "waiting", reason: has("retrying") ? "retry" : "delay", dueAt };
}

/** A pause lets running steps end and begins nothing new. A run without anything left to do is not paused but ends. */
function settleIdle(history: History, actions: Action[]): Action[] {
  if (!history.pauseRequested) return actions;
  const open = history.visits.filter((visit) => !isOver(visit.state));
  const paused: Action = { do: "park", status: "paused", reason: "paused_by_user", dueAt: null };
  if (open.some((visit) => visit.state.status === "running")) return [{ do: "wait_for_steps", wakeAt: null }];
  const person = actions.find((action) => action.do === "park" && action.status !== "waiting");
  return person ? [person] : [paused];
}

function afterMain(definition: WorkflowDefinition, history: History, outcome: Outcome, now: number): Action[] {
  const steps = definition.finally ?? [];
  const visits = history.visits.filter(
    (visit) => visit.phase === "finally" && visit.incarnation === history.incarnation,
  );
  // A run that was cancelled before it did anything has nothing to tidy up.
  if (history.visits.length === 0 && outcome.status === "cancelled") return [{ do: "finish", outcome }];
  const open = visits.filter((visit) => !isOver(visit.state));
  if (open.length > 0) return carryOn(definition, open, now);
  const next = steps[visits.length];
  if (next) return [{ do: "start", step: next, phase: "finally" }];
  const broken = visits.find((visit) => visit.state.status === "failed" && !stepOf(steps, visit)?.continue_on_error);
  if (outcome.status === "succeeded" && broken?.state.status === "failed") {
    return [{ do: "finish", outcome: { status: "failed", stepId: broken.stepId, failure: broken.state.failure } }];
  }
  return [{ do: "finish", outcome }];
}

const stepOf = (steps: readonly StepDefinition[], visit: Visit): StepDefinition | undefined =>
  steps.find((step) => step.id === visit.stepId);
