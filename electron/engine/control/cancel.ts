/** Cancel: ends a run whatever it is doing, and wins over a completion that has not been written yet. */
import type { Tables } from "../../store/store.ts";
import { type ControlResult, refuse, requireRun } from "./control-result.ts";

/** Whose will it is: a person's, or that of a newer run which takes the place of this one. */
export type CancelSource = "control_run" | "concurrency";

/** @param hasFinally the definition has steps that must run before the end */
export function cancelRun(
  tables: Tables,
  runId: string,
  at: number,
  hasFinally: boolean,
  source: CancelSource = "control_run",
): ControlResult {
  const run = requireRun(tables, runId);
  if (run.status === "cancelled") return "already_applied";
  if (run.endedAt !== null) return refuse(tables, run, "cancelled", at);
  if (run.cancelRequested) return "already_applied";
  tables.runs.requestCancel(runId);
  tables.events.append(runId, [{ type: "cancel_acknowledged", payload: { reason: REASONS[source], source }, at }]);
  const heldByWorker = run.leaseId !== null;
  if (heldByWorker) return "applied";
  if (hasFinally && run.startedAt !== null) {
    tables.runs.queueAgain({ runId, at, reason: null });
    return "applied";
  }
  endNow(tables, runId, at);
  return "applied";
}

const REASONS = { control_run: "cancel_requested", concurrency: "a newer run took its place" } as const;

/** No worker holds it, so there is nothing to wait for. */
function endNow(tables: Tables, runId: string, at: number): void {
  const closed = tables.stepRuns.closeOpen(runId, at);
  tables.waits.cancelOfRun(runId, at);
  tables.waits.dropTimersOfRun(runId);
  tables.runs.endIdle({ runId, at });
  tables.events.append(runId, [
    ...closed.map((stepId) => ({ type: "step_cancelled" as const, payload: { step_id: stepId }, at })),
    { type: "run_cancelled", payload: { by: "user", reason: "cancelled_by_user" }, at },
  ]);
  tables.events.release(runId);
}
