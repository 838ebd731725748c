/** How a run ends: the fact that says so, with what the run gives back. Decides nothing and writes nothing. */
import type { WorkflowDefinition } from "../../shared/definition.ts";
import type { Failure } from "../../shared/error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Fact, Json } from "../store/facts.ts";
import type { Outcome } from "./decide.ts";
import type { History } from "./history.ts";
import type { RunMemory } from "./run-memory.ts";
import { runOutputs } from "./run-outputs.ts";
import { asFailure } from "./step-runner.ts";
import type { RenderElsewhere } from "./templating/render.ts";

export type RunEnded = Extract<Fact, { is: "run_ended" }>;

/** A success whose outputs cannot be resolved is a failure. Never rejects. */
export async function endOf(
  definition: WorkflowDefinition,
  outcome: Outcome,
  memory: RunMemory,
  clock: Clock,
  elsewhere: RenderElsewhere,
): Promise<RunEnded> {
  const history = memory.history();
  if (outcome.status === "cancelled")
    return ended(history, clock, { status: "cancelled", reason: "cancelled_by_user" });
  if (outcome.status === "failed") return failedEnd(history, clock, outcome.failure, outcome.stepId);
  try {
    const outputs = await runOutputs(definition, history, memory.scope(), elsewhere);
    return ended(history, clock, { status: "succeeded", outputs });
  } catch (error) {
    const result = asFailure(error);
    return failedEnd(history, clock, result.status === "failed" ? result.failure : notEnded, null);
  }
}

/** The end of a run that the engine itself cannot carry on: better than to leave it running for ever. */
export const brokenEnd = (history: History, clock: Clock): RunEnded => failedEnd(history, clock, broken, null);

/** What a failed run gives back is the result of the step that failed, so that its error can be read. */
function failedEnd(history: History, clock: Clock, failure: Failure, stepId: string | null): RunEnded {
  const visit = history.visits.findLast((one) => one.stepId === stepId);
  const outputs: Json = visit?.state.status === "failed" ? visit.state.outputs : { error: failure.code };
  return ended(history, clock, { status: "failed", reason: failure.code, outputs, failure, failedStepId: stepId });
}

function ended(history: History, clock: Clock, end: Pick<RunEnded, "status"> & Partial<RunEnded>): RunEnded {
  const { startedAt } = history;
  const none = { reason: null, outputs: null, failure: null, failedStepId: null };
  return { is: "run_ended", startedAt, at: clock.now(), ...none, ...end };
}

const notEnded: Failure = {
  code: "step_crashed",
  message: "The outputs of the run were not resolved.",
  retryable: true,
};

const broken: Failure = {
  code: "invariant_violation",
  message: "The engine could not carry this run on.",
  hint: "This is a fault of the app, not of your workflow. The log has the details; retry goes on from the last step.",
  retryable: true,
};
