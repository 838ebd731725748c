/**
 * Writes what happened to a run: its facts become rows and events in the caller's transaction. Facts about the same step
 * run that commit together become one row write, so that a step which starts and ends in one turn costs one INSERT.
 */
import type { Failure } from "../../shared/error.ts";
import type { NewEvent } from "../../shared/event.ts";
import type { Capability } from "../../shared/step-type.ts";
import { eventsOf } from "./fact-events.ts";
import type { Fact, Json, RecordOutcome, RunRecord, VisitStarted } from "./facts.ts";
import type { eventsTable } from "./tables/events.ts";
import type { RunRow, RunsTable, RunUpdate } from "./tables/runs.ts";
import type { AttemptState, NewStepRun, StepRunState, StepRunsTable } from "./tables/step-runs.ts";
import type { waitsTable } from "./tables/waits.ts";

export interface RecordTables {
  runs: RunsTable;
  stepRuns: StepRunsTable;
  events: ReturnType<typeof eventsTable>;
  waits: ReturnType<typeof waitsTable>;
}

type RunEnded = Extract<Fact, { is: "run_ended" }>;
type RunParked = Extract<Fact, { is: "run_parked" }>;

/** Longest text of an error that is repeated in the attempt ledger. */
const SUMMARY_CHARS = 240;

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

/** One step run as this record leaves it: new or changed, with the attempts that it touched. */
interface Draft {
  created: VisitStarted | null;
  skipped: Extract<Fact, { is: "visit_skipped" }> | null;
  state: StepRunState;
  attempts: AttemptState[];
}

function saveStepRuns(tables: RecordTables, record: RunRecord, facts: readonly Fact[]): void {
  const drafts = new Map<string, Draft>();
  for (const fact of facts) {
    if (!("stepRunId" in fact)) continue;
    const draft = drafts.get(fact.stepRunId) ?? newDraft(fact.stepRunId, fact.at);
    drafts.set(fact.stepRunId, draft);
    applyFact(draft, fact, record.runId);
  }
  for (const draft of drafts.values()) saveDraft(tables.stepRuns, draft, record);
  // After the step runs that they refer to: a step may begin and come to wait in one record.
  for (const fact of facts) if ("stepRunId" in fact) saveWaits(tables, record.runId, fact);
}

/** What a fact leaves in a row unless it says otherwise: the error of an attempt goes with the next one. */
const NOTHING_YET = {
  status: "running",
  endedAt: null,
  nextAttemptAt: null,
  nextStep: null,
  errorCode: null,
  error: null,
  errorHint: null,
  retryable: null,
  outputsJson: null,
} as const;

const newDraft = (stepRunId: string, at: number): Draft => ({
  created: null,
  skipped: null,
  attempts: [],
  state: { ...NOTHING_YET, stepRunId, attempt: 0, assignedTo: null, heartbeatAt: at },
});

type StepFact = Extract<Fact, { stepRunId: string }>;

function applyFact(draft: Draft, fact: StepFact, runId: string): void {
  const { state } = draft;
  Object.assign(state, NOTHING_YET, { heartbeatAt: fact.at });
  switch (fact.is) {
    case "visit_started":
      draft.created = fact;
      state.attempt = 1;
      draft.attempts.push(newAttempt(runId, fact, 1, fact.type, fact.capability));
      return;
    case "attempt_started":
      state.attempt = fact.attempt;
      draft.attempts.push(newAttempt(runId, fact, fact.attempt, fact.type, fact.capability));
      return;
    case "attempt_failed":
      Object.assign(state, { status: "retrying", attempt: fact.attempt, nextAttemptAt: fact.nextAttemptAt });
      setFailure(state, fact.failure);
      endAttempt(draft, fact, runId, "failed", fact.failure);
      return;
    case "visit_succeeded":
      Object.assign(state, { status: "succeeded", attempt: fact.attempt, endedAt: fact.at, nextStep: fact.next });
      state.outputsJson = JSON.stringify(fact.outputs);
      endAttempt(draft, fact, runId, "succeeded", null);
      return;
    case "visit_failed":
      Object.assign(state, { status: "failed", attempt: fact.attempt, endedAt: fact.at });
      state.outputsJson = JSON.stringify(fact.outputs);
      setFailure(state, fact.failure);
      endAttempt(draft, fact, runId, "failed", fact.failure);
      return;
    case "visit_skipped":
      draft.skipped = fact;
      Object.assign(state, { status: "skipped", endedAt: fact.at });
      return;
    case "visit_cancelled":
      Object.assign(state, { status: "cancelled", attempt: fact.attempt, endedAt: fact.at });
      endAttempt(draft, fact, runId, "cancelled", null);
      return;
    case "visit_waits":
      state.attempt = fact.attempt;
      state.status = WAIT_STATUS[fact.wait.kind];
      if (fact.wait.kind !== "time") state.assignedTo = fact.wait.assignedTo;
      return;
  }
}

const WAIT_STATUS = { time: "waiting", approval: "waiting_approval", human: "waiting_human" } as const;

const newAttempt = (
  runId: string,
  fact: StepFact,
  attempt: number,
  type: string,
  capability: Capability | null,
): AttemptState => ({
  runId,
  stepRunId: fact.stepRunId,
  stepId: fact.stepId,
  attempt,
  status: "running",
  startedAt: fact.at,
  endedAt: null,
  reasonCode: null,
  reasonDetail: null,
  retryable: null,
  errorSummary: null,
  metadataJson: JSON.stringify({ step_type: type, step_capability: capability }),
});

function setFailure(state: StepRunState, failure: Failure): void {
  state.errorCode = failure.code;
  state.error = failure.message;
  state.errorHint = failure.hint ?? null;
  state.retryable = failure.retryable ? 1 : 0;
}

function endAttempt(
  draft: Draft,
  fact: StepFact & { attempt: number },
  runId: string,
  status: string,
  failure: Failure | null,
): void {
  const end = {
    status,
    endedAt: fact.at,
    reasonCode: failure?.code ?? null,
    reasonDetail: failure?.hint ?? null,
    retryable: failure === null ? null : failure.retryable ? (1 as const) : (0 as const),
    errorSummary: failure?.message.slice(0, SUMMARY_CHARS) ?? null,
  };
  const open = draft.attempts.find((attempt) => attempt.attempt === fact.attempt);
  if (open) Object.assign(open, end);
  else draft.attempts.push({ ...newAttempt(runId, fact, fact.attempt, "", null), ...end });
}

function saveDraft(stepRuns: StepRunsTable, draft: Draft, record: RunRecord): void {
  const born = draft.created ?? draft.skipped;
  if (born) stepRuns.insert(rowOf(born, draft.state, record));
  else if (!stepRuns.update(draft.state))
    throw new Error(`step run ${draft.state.stepRunId} is over and cannot change`);
  for (const attempt of draft.attempts) stepRuns.saveAttempt(attempt);
}

function rowOf(
  born: VisitStarted | Extract<Fact, { is: "visit_skipped" }>,
  state: StepRunState,
  record: RunRecord,
): NewStepRun {
  const inputs: Json | null = born.is === "visit_started" ? born.inputs : null;
  return {
    ...state,
    runId: record.runId,
    stepId: born.stepId,
    visit: born.visit,
    incarnation: record.incarnation,
    phase: born.phase,
    name: born.name,
    type: born.type,
    startedAt: born.at,
    lockedBy: record.leaseId,
    inputsJson: inputs === null ? null : JSON.stringify(inputs),
  };
}

/** The rows that a wait and its end are known by. A retry's pause is a timer alone. */
function saveWaits({ waits }: RecordTables, runId: string, fact: StepFact): void {
  const { stepRunId, stepId } = fact;
  if (fact.is === "attempt_failed") {
    waits.addTimer({ runId, stepRunId, kind: "retry", dueAt: fact.nextAttemptAt });
    return;
  }
  if (fact.is !== "visit_waits") return;
  const { wait } = fact;
  const dueAt = wait.kind === "time" ? wait.dueAt : wait.deadlineAt;
  waits.insert({
    stepRunId,
    runId,
    stepId,
    kind: wait.kind,
    dueAt,
    createdAt: fact.at,
    assignedTo: wait.kind === "time" ? null : wait.assignedTo,
    instructions: wait.kind === "time" ? null : wait.instructions,
    formSchemaJson: wait.kind === "time" || !wait.formSchema ? null : JSON.stringify(wait.formSchema),
    outputsJson: wait.kind === "time" ? JSON.stringify(wait.outputs) : null,
  });
  if (dueAt !== null)
    waits.addTimer({ runId, stepRunId, kind: wait.kind === "time" ? "delay" : "wait_deadline", dueAt });
}
