/** What a control verb gives back. A refused move is an answer, not an error; only an unknown run is one. */
import { mayMove, type RunStatus } from "../../../shared/transitions.ts";
import { AppError } from "../../lib/app-error.ts";
import type { Tables } from "../../store/store.ts";
import type { FullRunRow } from "../../store/tables/runs.ts";

export type ControlResult = "applied" | "already_applied" | "invalid_state";

export function requireRun(tables: Pick<Tables, "runs">, runId: string): FullRunRow {
  const run = tables.runs.get(runId);
  if (!run) throw runNotFound(runId);
  return run;
}

export const runNotFound = (runId: string): AppError =>
  new AppError("run_not_found", "Run not found", { hint: `There is no run ${runId}; it may have been deleted.` });

/** Leaves a trace of the refusal in the run's log, unless the run has ended: what has ended does not change. */
export function refuse(tables: Tables, run: FullRunRow, to: RunStatus, at: number): ControlResult {
  const ended = run.endedAt !== null;
  if (!ended && !mayMove(run.status, to)) {
    tables.events.append(run.runId, [
      { type: "transition_rejected", payload: { from: run.status, to, on_reject: "reject" }, at },
    ]);
  }
  return "invalid_state";
}
