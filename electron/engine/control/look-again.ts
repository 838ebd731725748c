/** A run that was changed in the very moment in which its worker put it to rest gets another turn. */
import type { Tables } from "../../store/store.ts";

/** False if the run rests rightly: it was paused, and the change was that pause. */
export function lookAgain(tables: Tables, runId: string, at: number): boolean {
  const run = tables.runs.summary(runId);
  if (run?.status === "paused" && run.pauseRequested === 1) return false;
  return tables.runs.queueAgain({ runId, at, reason: null });
}
