/** A person's word on a step that was interrupted by a crash: run it again, take it as done, skip it, or fail it. */
import { AppError } from "../../lib/app-error.ts";
import type { Json } from "../../store/facts.ts";
import type { Tables } from "../../store/store.ts";
import { requireRun } from "./control-result.ts";

export interface StepResolution {
  runId: string;
  stepId: string;
  action: "retry" | "done" | "skip" | "fail";
  outputs: Json | null;
  by: string;
}

/** Throws `run_not_found`, `step_run_not_found`, `invalid_state`. */
export function resolveStep(tables: Tables, { runId, stepId, action, outputs, by }: StepResolution, at: number): void {
  requireRun(tables, runId);
  const row = tables.stepRuns.latest(runId, stepId);
  if (!row)
    throw new AppError("step_run_not_found", "Step run not found", {
      hint: `The run has not reached a step "${stepId}".`,
    });
  const { stepRunId } = row;
  const resolved = tables.stepRuns.resolve({ stepRunId, ...changeFor(action, outputs, at) });
  if (!resolved) {
    throw new AppError("invalid_state", `Step "${stepId}" is not interrupted.`, { hint: "Nothing was changed." });
  }
  tables.waits.settle({ stepRunId, outcome: "resolved", at, by });
  tables.events.append(runId, [{ type: "step_resolved", payload: { step_id: stepId, action, by }, stepRunId, at }]);
  if (tables.runs.queueAgain({ runId, at, reason: null })) {
    tables.events.append(runId, [{ type: "run_resumed", payload: { after: stepId }, at }]);
  }
}

function changeFor(action: StepResolution["action"], outputs: Json | null, at: number) {
  const none = { nextAttemptAt: null, errorCode: null, error: null, retryable: null, outputsJson: null };
  switch (action) {
    case "retry":
      return { ...none, status: "retrying" as const, endedAt: null, nextAttemptAt: at };
    case "done":
      return { ...none, status: "succeeded" as const, endedAt: at, outputsJson: JSON.stringify(outputs ?? {}) };
    case "skip":
      return { ...none, status: "skipped" as const, endedAt: at };
    case "fail":
      return {
        ...none,
        status: "failed" as const,
        endedAt: at,
        errorCode: "interrupted",
        error: "The step was interrupted when the app stopped, and was given up.",
        retryable: 1 as const,
        outputsJson: JSON.stringify({ error: "interrupted" }),
      };
  }
}
