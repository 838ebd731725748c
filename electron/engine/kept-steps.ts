/** The rows of steps that a run takes over from an earlier one instead of running them. Written with the run itself. */
import type { NewEvent } from "../../shared/event.ts";
import type { Tables } from "../store/store.ts";
import type { KeptStep } from "./start-run.ts";

/** Called in the transaction that makes the run. */
export function saveKeptSteps(
  tables: Tables,
  runId: string,
  { fromRunId, steps }: { fromRunId: string; steps: readonly KeptStep[] },
  at: number,
): void {
  for (const { step, status, inputsJson, outputsJson, next } of steps) {
    tables.stepRuns.insert({
      stepRunId: stepRunIdOf(runId, step.id),
      runId,
      stepId: step.id,
      visit: 1,
      incarnation: 1,
      phase: "main",
      name: step.name ?? null,
      type: step.type,
      status,
      // Nothing of it was tried in this run.
      attempt: 0,
      startedAt: at,
      endedAt: at,
      nextAttemptAt: null,
      nextStep: next,
      assignedTo: null,
      lockedBy: null,
      heartbeatAt: at,
      errorCode: null,
      error: null,
      errorHint: null,
      retryable: null,
      inputsJson,
      outputsJson,
    });
  }
  const last = steps.at(-1);
  if (last) tables.runs.reach({ runId, stepId: last.step.id, stepsDone: steps.length });
  tables.events.append(
    runId,
    steps.map(({ step, status, edited }): NewEvent => {
      const stepRunId = stepRunIdOf(runId, step.id);
      if (status === "succeeded") {
        return { type: "step_reused", payload: { step_id: step.id, from_run_id: fromRunId, edited }, stepRunId, at };
      }
      const reason = "it stands before the step at which this run begins";
      return { type: "step_skipped", payload: { step_id: step.id, reason }, stepRunId, at };
    }),
  );
}

const stepRunIdOf = (runId: string, stepId: string): string => `${runId}:${stepId}:1`;
