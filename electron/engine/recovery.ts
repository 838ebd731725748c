/**
 * At the start: what a dead host left running. A step that is safe to replay runs again, with the broken attempt counted;
 * any other waits for a person to say what became of it. Finished steps are never touched.
 */
import type { StepType } from "../steps/step-type.ts";
import type { Store, Tables } from "../store/store.ts";
import type { StepRunRow } from "../store/tables/step-runs.ts";

/** A step that was broken off this often may be what ends the host; then a person decides, whatever the step is. */
const MOST_BROKEN_ATTEMPTS = 3;

export interface Recovered {
  runs: number;
  replayed: number;
  interrupted: number;
}

/** Must finish before the dispatcher starts. Runs wait for a slot afterwards. */
export function recoverRuns(store: Store, steps: ReadonlyMap<string, StepType>, now: number): Promise<Recovered> {
  return store.write("recover runs", (tables) => {
    const recovered: Recovered = { runs: 0, replayed: 0, interrupted: 0 };
    for (const runId of tables.runs.abandoned()) {
      recovered.runs += 1;
      const broken = tables.stepRuns.ofRun(runId).filter((row) => row.status === "running");
      const replayed: string[] = [];
      for (const row of broken) {
        const safe = steps.get(row.type)?.capability.replay_safe === true && row.attempt < MOST_BROKEN_ATTEMPTS;
        abandon(tables, row, safe, now);
        if (safe) replayed.push(row.stepId);
        else recovered.interrupted += 1;
      }
      recovered.replayed += replayed.length;
      tables.events.append(runId, [
        { type: "run_requeued", payload: { reason: "host_stopped", step_ids: replayed }, at: now },
      ]);
    }
    tables.runs.releaseAbandoned(now);
    tables.backups.failInterrupted();
    return recovered;
  });
}

function abandon(tables: Tables, row: StepRunRow, safe: boolean, at: number): void {
  const { runId, stepId, stepRunId, attempt } = row;
  tables.stepRuns.abandon({ stepRunId, status: safe ? "retrying" : "interrupted", nextAttemptAt: safe ? at : null });
  tables.stepRuns.endAttempt({
    stepRunId,
    attempt,
    status: "failed",
    at,
    reasonCode: "interrupted",
    summary: "The app stopped while this attempt was running.",
    retryable: 1,
  });
  if (safe) return;
  tables.waits.insert({
    stepRunId,
    runId,
    stepId,
    kind: "interrupted",
    dueAt: null,
    assignedTo: "local",
    createdAt: at,
    instructions: "The app stopped while this step was running, so it is not known whether it did its work.",
    formSchemaJson: null,
    outputsJson: null,
  });
  tables.events.append(runId, [{ type: "step_interrupted", payload: { step_id: stepId, attempt }, stepRunId, at }]);
}
