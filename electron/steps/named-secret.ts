/** Secrets that a config names: how a name looks, and how a step gets the value. A value never stands in a config. */
import { type StepContext, StepError } from "./step-type.ts";

/** What the name of a secret looks like. */
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
