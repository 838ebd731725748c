/**
 * Writes what happened to a run: its facts become rows and events in the caller's transaction. The steps' part is in
 * `record-steps.ts`.
 */
import type { NewEvent } from "../../shared/event.ts";
import { eventsOf } from "./fact-events.ts";
import type { Fact, RecordOutcome, RunRecord } from "./facts.ts";
import { saveStepRuns } from "./record-steps.ts";
import type { eventsTable } from "./tables/events.ts";
import type { RunRow, RunsTable, RunUpdate } from "./tables/runs.ts";
import type { StepRunsTable } from "./tables/step-runs.ts";
import type { waitsTable } from "./tables/waits.ts";

export interface RecordTables {
  runs: RunsTable;
  stepRuns: StepRunsTable;
  events: ReturnType<typeof eventsTable>;
  waits: ReturnType<typeof waitsTable>;
}

type RunEnded = Extract<Fact, { is: "run_ended" }>;
type RunParked = Extract<Fact, { is: "run_parked" }>;

/** Apply a record to the tables. Must run inside a transaction; refuses without writing when the lease is not ours. */
export function recordRun(tables: RecordTables, record: RunRecord): RecordOutcome {
  const run = tables.runs.summary(record.runId);
  const expectedLease = record.claim ? null : record.leaseId;
  if (!run || run.leaseId !== expectedLease || (record.claim && run.readyAt === null)) return { recorded: false };

  const cancelWins = run.cancelRequested === 1;
  const facts = (cancelWins ? record.facts.filter(standsBesideCancel) : record.facts).map(pausedIfAsked(run));
  saveStepRuns(tables, record, facts);
  saveDeadline(tables, record.runId, facts);
  const ended = facts.find((fact): fact is RunEnded => fact.is === "run_ended");
  const parked = facts.find((fact): fact is RunParked => fact.is === "run_parked");
  if (!tables.runs.update(updateOf(run, record, facts, ended, parked))) return { recorded: false };
  const closed = ended && mayHaveLeftOpen(run, facts) ? closeRun(tables, record.runId, ended.at) : [];
  tables.events.append(record.runId, eventsInOrder(facts, closed));
  if (ended) tables.events.release(record.runId);
  return {
    recorded: true,
    ended: ended !== undefined,
    cancelRequested: cancelWins,
    pauseRequested: run.pauseRequested === 1,
  };
}

/** A cancel that came first wins: the run neither completes nor goes to rest before its worker has seen it. */
const standsBesideCancel = (fact: Fact): boolean =>
  fact.is === "run_parked" ? fact.cancelKnown === true : fact.is !== "run_ended" || fact.status === "cancelled";

/** A pause that was asked for while the run went to sleep by itself: it stays asleep when the time is over. */
const pausedIfAsked =
  (run: RunRow) =>
  (fact: Fact): Fact =>
    fact.is === "run_parked" && fact.status === "waiting" && run.pauseRequested === 1
      ? { ...fact, status: "paused", reason: "paused_by_user" }
      : fact;

/** A run that is parked when its time is over must be woken to end. */
function saveDeadline({ waits }: RecordTables, runId: string, facts: readonly Fact[]): void {
  const dueAt = facts.find((fact) => fact.is === "run_started")?.deadlineAt ?? null;
  if (dueAt !== null) waits.addTimer({ runId, stepRunId: null, kind: "run_deadline", dueAt });
}

/** The end of a run is its last event, after those of the steps that it closes. */
function eventsInOrder(facts: readonly Fact[], closed: NewEvent[]): NewEvent[] {
  const end = facts.filter((fact) => fact.is === "run_ended");
  const rest = facts.filter((fact) => fact.is !== "run_ended");
  return [...rest.flatMap(eventsOf), ...closed, ...end.flatMap(eventsOf)];
}

function updateOf(
  run: RunRow,
  record: RunRecord,
  facts: readonly Fact[],
  ended?: RunEnded,
  parked?: RunParked,
): RunUpdate {
  const started = facts.find((fact) => fact.is === "run_started");
  const startedAt = run.startedAt ?? started?.at ?? null;
  const stays = {
    runId: record.runId,
    expectedLease: record.claim ? null : record.leaseId,
    startedAt,
    deadlineAt: started ? started.deadlineAt : run.deadlineAt,
    currentStep: record.currentStep,
    stepsDone: record.stepsDone,
  };
  if (ended) {
    return {
      ...stays,
      status: ended.status,
      statusReason: ended.reason,
      leaseId: null,
      endedAt: ended.at,
      durationMs: Math.max(0, ended.at - (startedAt ?? ended.at)),
      dueAt: null,
      errorCode: ended.failure?.code ?? null,
      error: ended.failure?.message ?? null,
      errorHint: ended.failure?.hint ?? null,
      outputsJson: ended.outputs === null ? null : JSON.stringify(ended.outputs),
    };
  }
  return {
    ...stays,
    status: parked?.status ?? "running",
    statusReason: parked?.reason ?? null,
    leaseId: parked ? null : record.leaseId,
    endedAt: null,
    durationMs: null,
    dueAt: parked?.dueAt ?? null,
    errorCode: null,
    error: null,
    errorHint: null,
    outputsJson: null,
  };
}

/** Facts after which a step run is over. */
const ENDINGS: ReadonlySet<Fact["is"]> = new Set([
  "visit_succeeded",
  "visit_failed",
  "visit_skipped",
  "visit_cancelled",
]);

/** A run that began and ended in one record, as short ones do, has left nothing open if the record itself shows so. */
function mayHaveLeftOpen(run: RunRow, facts: readonly Fact[]): boolean {
  if (run.startedAt !== null) return true;
  const began = facts.filter((fact) => fact.is === "visit_started" || fact.is === "visit_skipped").length;
  const over = facts.filter((fact) => ENDINGS.has(fact.is)).length;
  const setsTimers = (fact: Fact) =>
    fact.is === "attempt_failed" ||
    fact.is === "visit_waits" ||
    (fact.is === "run_started" && fact.deadlineAt !== null);
  return began !== over || facts.some(setsTimers);
}

/** What is still open when a run ends was cancelled with it. */
function closeRun({ stepRuns, waits }: RecordTables, runId: string, at: number): NewEvent[] {
  waits.cancelOfRun(runId, at);
  waits.dropTimersOfRun(runId);
  return stepRuns
    .closeOpen(runId, at)
    .map((stepId): NewEvent => ({ type: "step_cancelled", payload: { step_id: stepId }, at }));
}
