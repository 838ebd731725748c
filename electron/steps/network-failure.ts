/** What the network's errors mean for a step: which end it for good, and which are only the sign of a cancel. */
import { HttpError } from "../net/http-error.ts";
import { StepError, type StepResult } from "./step-type.ts";

/** Trying again cannot change these. */
const FINAL: ReadonlySet<string> = new Set(["response_too_large", "redirects_exceeded"]);

/** An error of the sender as the failure of a step; any other error stays what it is. `hint` replaces its hint. */
export function asStepError(error: unknown, hint: (error: HttpError) => string | undefined = () => undefined): unknown {
  if (!(error instanceof HttpError)) return error;
  return new StepError(error.code, error.message, {
    hint: hint(error) ?? error.hint,
    retryable: !FINAL.has(error.code),
    outputs: { error: error.code, ...(error.reason ? { reason: error.reason } : {}) },
  });
}

/** Whatever breaks once the step was told to stop has broken because of that. */
export async function cancellable(signal: AbortSignal, work: () => Promise<StepResult>): Promise<StepResult> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) return { status: "cancelled" };
    throw asStepError(error);
  }
}
