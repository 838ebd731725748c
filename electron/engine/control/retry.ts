/** Retry: a failed or cancelled run goes on in place, from the step that failed. What succeeded is kept. */
import type { Tables } from "../../store/store.ts";
import { type ControlResult, refuse, requireRun } from "./control-result.ts";

export function retryRun(tables: Tables, runId: string, at: number): ControlResult {
  const run = requireRun(tables, runId);
  if (run.endedAt === null)
    return run.incarnation > 1 && run.status !== "paused" ? "already_applied" : refuse(tables, run, "queued", at);
  if (!tables.runs.beginAgain({ runId, at })) return "invalid_state";
  const fromStep = tables.stepRuns
    .ofRun(runId)
    .findLast((row) => row.status === "failed" || row.status === "cancelled");
  tables.events.append(runId, [
    { type: "run_retried", payload: { incarnation: run.incarnation + 1, from_step: fromStep?.stepId ?? null }, at },
  ]);
  return "applied";
}
