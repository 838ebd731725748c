/** Pause and resume. A pause lets the steps that are running end, and begins nothing new. */
import type { Tables } from "../../store/store.ts";
import { type ControlResult, refuse, requireRun } from "./control-result.ts";

export function pauseRun(tables: Tables, runId: string, at: number): ControlResult {
  const run = requireRun(tables, runId);
  if (run.endedAt !== null) return refuse(tables, run, "paused", at);
  if (run.status === "paused" || run.pauseRequested) return "already_applied";
  if (run.leaseId !== null) {
    tables.runs.requestPause(runId, 1);
    return "applied";
  }
  if (!tables.runs.pauseIdle(runId)) return refuse(tables, run, "paused", at);
  tables.events.append(runId, [{ type: "run_paused", payload: { by: "user" }, at }]);
  return "applied";
}

export function resumeRun(tables: Tables, runId: string, at: number): ControlResult {
  const run = requireRun(tables, runId);
  if (run.endedAt !== null) return refuse(tables, run, "running", at);
  if (run.status === "paused") {
    tables.runs.queueAgain({ runId, at, reason: null });
    tables.events.append(runId, [{ type: "run_resumed", payload: { by: "user" }, at }]);
    return "applied";
  }
  if (run.pauseRequested) {
    tables.runs.requestPause(runId, 0);
    return "applied";
  }
  if (run.status === "running" || run.status === "queued" || run.status === "waiting") return "already_applied";
  return refuse(tables, run, "running", at);
}
