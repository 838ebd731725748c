/** Runs steps inside another step's attempt, some at a time, for the types that have a body. */
import { pause } from "../lib/clock.ts";
import { failed, type NestedStep, type Outputs, ok, type StepContext, type StepResult } from "./step-type.ts";

export interface InnerJob {
  step: { type: string; config: Record<string, unknown> };
  /** Added to the scope of its templates. */
  names: Record<string, unknown>;
}

interface Options {
  concurrency: number;
  /** Begin nothing more once one has failed; what runs already is waited for. */
  stopAtFailure: boolean;
}

/** A delay inside a body holds a slot, so it must be short. */
const LONGEST_INNER_WAIT_MS = 60_000;

/** One outcome a job, in order; null where it was not begun because another failed or the step was cancelled. */
export async function runInnerSteps(
  jobs: readonly InnerJob[],
  { concurrency, stopAtFailure }: Options,
  context: StepContext<unknown>,
): Promise<(StepResult | null)[]> {
  const outcomes: (StepResult | null)[] = jobs.map(() => null);
  const left = jobs.entries();
  let done = 0;
  let stopped = false;
  const worker = async (): Promise<void> => {
    while (!stopped && !context.signal.aborted) {
      const next = left.next();
      if (next.done) return;
      const [index, job] = next.value;
      const outcome = await runInnerStep(job, context);
      outcomes[index] = outcome;
      stopped ||= outcome.status === "failed" && stopAtFailure;
      context.progress({ done: ++done, total: jobs.length });
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, jobs.length) }, worker));
  return outcomes;
}

/** One step in place. A short wait is waited out here; a longer one, or one for a person, is a failure. */
export async function runInnerStep({ step, names }: InnerJob, context: StepContext<unknown>): Promise<StepResult> {
  const result = await context.runInner(step, names);
  if (result.status !== "wait") return result;
  const { wait } = result;
  const waitMs = wait.kind === "time" ? Math.max(wait.dueAt - context.clock.now(), 0) : Number.POSITIVE_INFINITY;
  if (wait.kind !== "time" || waitMs > LONGEST_INNER_WAIT_MS) {
    return failed(
      "validation_error",
      "A step inside another may wait for a time of at most 60 seconds, and for nobody.",
      {
        hint: "Put the wait before or after it.",
      },
    );
  }
  await pause(context.clock, waitMs, context.signal);
  return context.signal.aborted ? { status: "cancelled" } : ok(wait.outputs);
}

/** Every failure with its place in the list. */
export const failuresOf = (outcomes: readonly (StepResult | null)[]) =>
  outcomes.flatMap((outcome, index) => (outcome?.status === "failed" ? [{ index, ...outcome.failure }] : []));

/** What stands in `results`: the outputs, the error, or null for what was not begun. */
export function resultOf(outcome: StepResult | null): Outputs | null {
  if (outcome?.status === "ok") return outcome.outputs;
  if (outcome?.status === "failed") return { error: outcome.failure.code, message: outcome.failure.message };
  return null;
}

/** The step in a config field as it is written, if it is one at all. */
export function nestedStepAt(path: string, step: unknown): NestedStep[] {
  if (typeof step !== "object" || step === null) return [];
  const { type, config } = step as { type?: unknown; config?: unknown };
  if (typeof type !== "string") return [];
  return [{ path, type, config: typeof config === "object" && config !== null ? { ...config } : {} }];
}
