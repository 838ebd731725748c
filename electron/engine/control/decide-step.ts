/** A person's decision on a step that waits for one. Compare-and-set: the first decision counts, a second is refused. */
import { AppError } from "../../lib/app-error.ts";
import type { Json } from "../../store/facts.ts";
import type { Tables } from "../../store/store.ts";
import { requireRun } from "./control-result.ts";

export interface StepDecision {
  runId: string;
  stepId: string;
  decision: "approved" | "rejected";
  comment: string | null;
  editedFields: Json | null;
  by: string;
}

/** Throws `run_not_found`, `step_run_not_found`, `invalid_state`. */
export function decideStep(
  tables: Tables,
  { runId, stepId, decision, comment, editedFields, by }: StepDecision,
  at: number,
): void {
  requireRun(tables, runId);
  const row = tables.stepRuns.latest(runId, stepId);
  if (!row)
    throw new AppError("step_run_not_found", "Step run not found", {
      hint: `The run has not reached a step "${stepId}".`,
    });
  const approved = decision === "approved";
  const error = approved ? null : (comment ?? "A person rejected this step.");
  const outputs = { ...editedFields, decision, comment, ...(approved ? {} : { error: "rejected_by_human" }) };
  const first = tables.stepRuns.decide({
    stepRunId: row.stepRunId,
    status: approved ? "succeeded" : "failed",
    decision,
    at,
    by,
    comment,
    errorCode: approved ? null : "rejected_by_human",
    error,
    outputsJson: JSON.stringify(outputs),
  });
  if (!first) throw notWaiting(stepId, row.decision);
  tables.waits.settle({ stepRunId: row.stepRunId, outcome: decision, at, by });
  tables.waits.dropTimersOfStep(runId, row.stepRunId);
  tables.stepRuns.endAttempt({
    stepRunId: row.stepRunId,
    attempt: row.attempt,
    status: approved ? "succeeded" : "failed",
    at,
    reasonCode: approved ? null : "rejected_by_human",
    summary: error,
    retryable: approved ? null : 0,
  });
  tables.events.append(runId, [
    {
      type: approved ? "human_approved" : "human_rejected",
      payload: { step_id: stepId, by, comment: comment ?? undefined },
      stepRunId: row.stepRunId,
      at,
    },
    ...(approved
      ? [
          {
            type: "step_completed" as const,
            payload: { step_id: stepId, type: row.type, duration_ms: at - row.startedAt },
            stepRunId: row.stepRunId,
            at,
          },
        ]
      : []),
  ]);
  if (tables.runs.queueAgain({ runId, at, reason: null })) {
    tables.events.append(runId, [{ type: "run_resumed", payload: { after: stepId }, at }]);
  }
}

const notWaiting = (stepId: string, decision: "approved" | "rejected" | null): AppError =>
  new AppError(
    "invalid_state",
    decision === null ? `Step "${stepId}" does not wait for a decision.` : `Step "${stepId}" was already ${decision}.`,
    { hint: "Nothing was changed. Reload to see where the run is now." },
  );
