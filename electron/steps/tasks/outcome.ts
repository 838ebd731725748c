/**
 * A task's result as plain data. Errors lose their fields on the way out of a worker thread, so a failure travels as a
 * value. Both sides import this, so it may not import the tasks themselves: they are heavy, and only workers need them.
 */
import { StepError } from "../step-type.ts";

export type TaskOutcome = { ok: true; value: unknown } | { ok: false; code: string; message: string; hint?: string };

/** For whoever asked: the value, or the failure as a StepError again. */
export function taskValue(outcome: TaskOutcome): unknown {
  if (outcome.ok) return outcome.value;
  throw new StepError(outcome.code, outcome.message, { hint: outcome.hint });
}
