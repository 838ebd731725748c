/**
 * The part of a record that concerns steps. Facts about the same step run that commit together become one row write, so
 * that a step which starts and ends in one turn costs one INSERT.
 */
import type { Failure } from "../../shared/error.ts";
import type { Capability } from "../../shared/step-type.ts";
import type { Fact, Json, RunRecord, VisitStarted } from "./facts.ts";
import type { RecordTables } from "./record-run.ts";
import type { AttemptState, NewStepRun, StepRunState, StepRunsTable } from "./tables/step-runs.ts";

/** Longest text of an error that is repeated in the attempt ledger. */
const SUMMARY_CHARS = 240;

/** One step run as this record leaves it: new or changed, with the attempts that it touched. */
interface Draft {
  created: VisitStarted | null;
  skipped: Extract<Fact, { is: "visit_skipped" }> | null;
  state: StepRunState;
  attempts: AttemptState[];
}

/** Write the step runs, attempts and waits that these facts tell of. Must run inside the record's transaction. */
export function saveStepRuns(tables: RecordTables, record: RunRecord, facts: readonly Fact[]): void {
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
