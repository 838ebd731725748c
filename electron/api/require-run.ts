/** The 404s that several routes share. */
import { AppError } from "../lib/app-error.ts";
import type { Store } from "../store/store.ts";
import type { FullDefinitionRow } from "../store/tables/definitions.ts";
import type { FullRunRow, RunRow } from "../store/tables/runs.ts";

/** A run without its payloads. Throws `run_not_found`. */
export function requireRun(store: Store, runId: string): RunRow {
  return store.runs.summary(runId) ?? refuseRun(runId);
}

/** A run with its payloads. Throws `run_not_found`. */
export function requireWholeRun(store: Store, runId: string): FullRunRow {
  return store.runs.get(runId) ?? refuseRun(runId);
}

/** Throws `workflow_not_found`. */
export function requireDefinition(store: Store, id: number): FullDefinitionRow {
  const row = store.definitions.get(id);
  if (row) return row;
  throw new AppError("workflow_not_found", `There is no workflow ${id}.`, { hint: "It may have been made elsewhere." });
}

function refuseRun(runId: string): never {
  throw new AppError("run_not_found", `There is no run ${runId}.`, {
    hint: "Retention may have removed it; an older backup may still hold it.",
  });
}
