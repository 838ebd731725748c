/** Delete: a run that has ended goes with everything that belongs to it. Files are not touched here; see `run-files.ts`. */
import { AppError } from "../../lib/app-error.ts";
import type { Tables } from "../../store/store.ts";
import type { ArtifactRow } from "../../store/tables/artifacts.ts";
import { requireRun } from "./control-result.ts";

/** The artifacts that the run had: their rows are gone, their content may be. Throws `run_not_found`, `run_active`. */
export function deleteRun(tables: Tables, runId: string): ArtifactRow[] {
  const run = requireRun(tables, runId);
  if (run.endedAt === null) {
    throw new AppError("run_active", `The run ${runId} has not ended yet.`, {
      hint: "Cancel it first; only a run that has ended can be deleted.",
    });
  }
  const artifacts = tables.artifacts.ofRun(runId);
  for (const { artifactId } of artifacts) tables.artifacts.remove(artifactId);
  tables.runs.remove(runId);
  tables.events.release(runId);
  return artifacts;
}
