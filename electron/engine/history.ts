/**
 * The history of a run as `decide` sees it: its visits, folded from rows at the start and from facts afterwards. Both
 * ways give the same value, which is what makes a run survive its host.
 */
import type { Failure } from "../../shared/error.ts";
import type { Fact, Json, Phase } from "../store/facts.ts";
import type { FullRunRow } from "../store/tables/runs.ts";
import type { StepRunRow } from "../store/tables/step-runs.ts";
import type { WaitRow } from "../store/tables/waits.ts";

export type VisitState =
  | { status: "running"; attempt: number }
  | { status: "retrying"; attempt: number; nextAttemptAt: number }
  | { status: "waiting"; attempt: number; dueAt: number }
  | { status: "waiting_human" | "waiting_approval"; attempt: number }
  /** Its host died while it ran, and running it again might do something twice: a person decides. */
  | { status: "interrupted"; attempt: number }
  | { status: "succeeded"; outputs: Json; next: string | null }
  | { status: "failed"; failure: Failure; outputs: Json }
  | { status: "skipped" }
  | { status: "cancelled" };

export interface Visit {
  stepRunId: string;
  stepId: string;
  visit: number;
  incarnation: number;
  phase: Phase;
  /** Epoch ms; null while it is not over. */
  endedAt: number | null;
  state: VisitState;
}

export interface History {
  runId: string;
  incarnation: number;
  startedAt: number;
  deadlineAt: number | null;
  pauseRequested: boolean;
  cancelRequested: boolean;
  /** In the order in which they began. */
  visits: readonly Visit[];
}

export const isOver = (state: VisitState): boolean =>
  state.status === "succeeded" ||
  state.status === "failed" ||
  state.status === "skipped" ||
  state.status === "cancelled";

/** A retry of the run in place is a new incarnation: what failed or was cancelled before it no longer counts. */
export const stillCounts = ({ incarnation }: Pick<History, "incarnation">, visit: Visit): boolean =>
  visit.incarnation === incarnation || (visit.state.status !== "failed" && visit.state.status !== "cancelled");

/** Fold the rows of a run. `now` stands in for a start that is only about to be recorded. */
export function historyFromRows(
  run: FullRunRow,
  stepRuns: readonly StepRunRow[],
  waits: readonly WaitRow[],
  now: number,
): History {
  const open = new Map(waits.map((wait) => [wait.stepRunId, wait]));
  return {
    runId: run.runId,
    incarnation: run.incarnation,
    startedAt: run.startedAt ?? now,
    deadlineAt: run.deadlineAt,
    pauseRequested: run.pauseRequested === 1,
    cancelRequested: run.cancelRequested === 1,
    visits: stepRuns.map((row) => ({
      stepRunId: row.stepRunId,
      stepId: row.stepId,
      visit: row.visit,
      incarnation: row.incarnation,
      phase: row.phase,
      endedAt: row.endedAt,
      state: stateFromRow(row, open.get(row.stepRunId)),
    })),
  };
}

const parsed = (json: string | null): Json => (json === null ? {} : (JSON.parse(json) as Json));

function stateFromRow(row: StepRunRow, wait: WaitRow | undefined): VisitState {
  const { attempt } = row;
  switch (row.status) {
    case "running":
      return { status: "running", attempt };
    case "retrying":
      return { status: "retrying", attempt, nextAttemptAt: row.nextAttemptAt ?? 0 };
    case "waiting":
      return { status: "waiting", attempt, dueAt: wait?.dueAt ?? 0 };
    case "waiting_human":
    case "waiting_approval":
    case "interrupted":
      return { status: row.status, attempt };
    case "succeeded":
      return { status: "succeeded", outputs: parsed(row.outputsJson), next: row.nextStep };
    case "failed":
      return { status: "failed", failure: failureFromRow(row), outputs: parsed(row.outputsJson) };
    case "skipped":
    case "cancelled":
      return { status: row.status };
  }
}

const failureFromRow = (row: StepRunRow): Failure => ({
  code: row.errorCode ?? "step_crashed",
  message: row.error ?? "The step failed.",
  hint: row.errorHint ?? undefined,
  retryable: row.retryable === 1,
});

/** The history after a fact. Facts that concern the run as a whole change nothing that is decided upon. */
export function applyFact(history: History, fact: Fact): History {
  if (!("stepRunId" in fact)) return fact.is === "run_started" ? { ...history, deadlineAt: fact.deadlineAt } : history;
  if (fact.is === "visit_started" || fact.is === "visit_skipped") {
    const state: VisitState = fact.is === "visit_started" ? { status: "running", attempt: 1 } : { status: "skipped" };
    const { stepRunId, stepId, visit, phase } = fact;
    const endedAt = fact.is === "visit_skipped" ? fact.at : null;
    const others = history.visits.filter((known) => known.stepRunId !== stepRunId);
    return {
      ...history,
      visits: [...others, { stepRunId, stepId, visit, phase, endedAt, incarnation: history.incarnation, state }],
    };
  }
  const state = stateAfter(fact);
  const endedAt = isOver(state) ? fact.at : null;
  return {
    ...history,
    visits: history.visits.map((visit) => (visit.stepRunId === fact.stepRunId ? { ...visit, endedAt, state } : visit)),
  };
}

type VisitFact = Exclude<Extract<Fact, { stepRunId: string }>, { is: "visit_started" | "visit_skipped" }>;

function stateAfter(fact: VisitFact): VisitState {
  switch (fact.is) {
    case "attempt_started":
      return { status: "running", attempt: fact.attempt };
    case "attempt_failed":
      return { status: "retrying", attempt: fact.attempt, nextAttemptAt: fact.nextAttemptAt };
    case "visit_succeeded":
      return { status: "succeeded", outputs: fact.outputs, next: fact.next };
    case "visit_failed": {
      // How long the other side asked us to wait is spent by now, and is not kept in the row either.
      const { code, message, hint, retryable } = fact.failure;
      return { status: "failed", failure: { code, message, hint, retryable }, outputs: fact.outputs };
    }
    case "visit_cancelled":
      return { status: "cancelled" };
    case "visit_waits":
      return fact.wait.kind === "time"
        ? { status: "waiting", attempt: fact.attempt, dueAt: fact.wait.dueAt }
        : { status: fact.wait.kind === "human" ? "waiting_human" : "waiting_approval", attempt: fact.attempt };
  }
}
