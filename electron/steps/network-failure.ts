/** What the network's errors mean for a step: which end it for good, and which are only the sign of a cancel. */
import { HttpError } from "../net/http-error.ts";
import { type StepContext, StepError, type StepResult } from "./step-type.ts";

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

/** The name of a secret in a config; the value never stands there. */
export const SECRET_NAME = /^[A-Za-z_]\w*$/;

/** The value of a named secret. Throws StepError `secret_unavailable`. */
export async function namedSecret(context: StepContext<unknown>, name: string): Promise<string> {
  const value = await context.secret?.(name);
  if (value) return value;
  throw new StepError("secret_unavailable", `The secret ${name} is not there, or cannot be opened here.`, {
    hint: "Add it under Settings > Secrets; if its key is in the system's keychain, run this from the desktop app.",
    retryable: false,
  });
}
