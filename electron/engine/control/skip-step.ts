/** Skip: a step that waits, or whose turn has not come yet, is passed over because a person says so. */
import { isGraph, type WorkflowDefinition } from "../../../shared/definition.ts";
import { AppError } from "../../lib/app-error.ts";
import type { Phase } from "../../store/facts.ts";
import type { Tables } from "../../store/store.ts";
import type { FullRunRow } from "../../store/tables/runs.ts";
import type { StepRunRow } from "../../store/tables/step-runs.ts";
import { decide } from "../decide.ts";
import { historyFromRows, stillCounts } from "../history.ts";
import { requireRun } from "./control-result.ts";

export interface StepSkip {
  runId: string;
  stepId: string;
  by: string;
  /** A worker carries the run at this moment, so only rows that it never writes to may change. */
  carried: boolean;
}

type Target = { row: StepRunRow } | { phase: Phase; visit: number };

/** Throws `run_not_found`, `step_run_not_found` for a step that the definition does not have, `invalid_state`. */
export function skipStep(tables: Tables, definition: WorkflowDefinition, skip: StepSkip, at: number): void {
  const { runId, stepId, by } = skip;
  const run = requireRun(tables, runId);
  const target = targetOf(tables, definition, run, skip, at);
  if (!target) {
    throw new AppError("invalid_state", `Step "${stepId}" cannot be skipped now.`, {
      hint: "A step can be skipped while it waits; or, in a paused or queued run, before it begins. In a sequence that is the next step.",
    });
  }
  const stepRunId = "row" in target ? target.row.stepRunId : `${runId}:${stepId}:${target.visit}`;
  if ("row" in target) endWaiting(tables, target.row, by, at);
  else passOver(tables, definition, run, { stepRunId, stepId, ...target }, at);
  const event = { payload: { step_id: stepId, reason: `skipped by ${by}` }, stepRunId, at };
  tables.events.append(runId, [{ type: "step_skipped", ...event }]);
  if (!("row" in target) || run.status === "paused") return;
  if (tables.runs.queueAgain({ runId, at, reason: null })) {
    tables.events.append(runId, [{ type: "run_resumed", payload: { after: stepId }, at }]);
  }
}

function targetOf(
  tables: Tables,
  definition: WorkflowDefinition,
  run: FullRunRow,
  { runId, stepId, carried }: StepSkip,
  at: number,
): Target | null {
  const steps = [...definition.steps, ...(definition.finally ?? [])];
  if (!steps.some(({ id }) => id === stepId)) {
    throw new AppError("step_run_not_found", `This workflow has no step "${stepId}".`, { hint: "Look at its steps." });
  }
  if (run.endedAt !== null) return null;
  const row = tables.stepRuns.latest(runId, stepId);
  if (row && waits(row, carried)) return { row };
  if (carried || (run.status !== "paused" && run.status !== "queued")) return null;
  const phase = phaseToBegin(tables, definition, run, stepId, at);
  return phase && { phase, visit: (row?.visit ?? 0) + 1 };
}

function waits({ status }: StepRunRow, carried: boolean): boolean {
  // Its worker may be about to begin the next attempt.
  if (status === "retrying") return !carried;
  return (
    status === "waiting" || status === "waiting_human" || status === "waiting_approval" || status === "interrupted"
  );
}

/** In which phase the step is still to begin; null if it is not. */
function phaseToBegin(
  tables: Tables,
  definition: WorkflowDefinition,
  run: FullRunRow,
  stepId: string,
  at: number,
): Phase | null {
  const { runId } = run;
  const rows = tables.stepRuns.ofRun(runId);
  const history = { ...historyFromRows(run, rows, tables.waits.openOfRun(runId), at), pauseRequested: false };
  if (isGraph(definition) && definition.steps.some(({ id }) => id === stepId)) {
    const visited = history.visits.some((visit) => visit.stepId === stepId && stillCounts(history, visit));
    return visited ? null : "main";
  }
  // What comes later in a sequence may never come, or come again and again: only the next step can be meant.
  const begins = decide(definition, history, at).find((action) => action.do === "start" && action.step.id === stepId);
  return begins?.do === "start" ? begins.phase : null;
}

function endWaiting(tables: Tables, { runId, stepRunId, attempt }: StepRunRow, by: string, at: number): void {
  tables.stepRuns.skip({ stepRunId, at });
  tables.waits.settle({ stepRunId, outcome: "resolved", at, by });
  tables.waits.dropTimersOfStep(runId, stepRunId);
  const none = { reasonCode: null, summary: null, retryable: null };
  tables.stepRuns.endAttempt({ ...none, stepRunId, attempt, status: "cancelled", at });
}

function passOver(
  tables: Tables,
  definition: WorkflowDefinition,
  run: FullRunRow,
  { stepRunId, stepId, phase, visit }: { stepRunId: string; stepId: string; phase: Phase; visit: number },
  at: number,
): void {
  const { runId, incarnation } = run;
  const step = [...definition.steps, ...(definition.finally ?? [])].find(({ id }) => id === stepId);
  tables.stepRuns.insert({
    stepRunId,
    runId,
    stepId,
    visit,
    incarnation,
    phase,
    name: step?.name ?? null,
    type: step?.type ?? "",
    status: "skipped",
    attempt: 0,
    startedAt: at,
    endedAt: at,
    nextAttemptAt: null,
    nextStep: null,
    assignedTo: null,
    lockedBy: null,
    heartbeatAt: at,
    errorCode: null,
    error: null,
    errorHint: null,
    retryable: null,
    inputsJson: null,
    outputsJson: null,
  });
  tables.runs.reach({ runId, stepId, stepsDone: run.stepsDone + 1 });
}
