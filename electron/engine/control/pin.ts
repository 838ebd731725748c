/** Pin and unpin: a pinned run is kept by retention. It changes nothing of what the run did, so it is allowed at any time. */
import type { Tables } from "../../store/store.ts";
import { type ControlResult, requireRun } from "./control-result.ts";

export function pinRun(tables: Tables, runId: string, pinned: 0 | 1): ControlResult {
  if (requireRun(tables, runId).pinned === pinned) return "already_applied";
  tables.runs.pin(runId, pinned);
  return "applied";
}
