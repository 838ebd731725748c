/**
 * How large a step's outputs may be. They stand in a row, in memory and in answers; what is larger belongs into a file or
 * an artifact. Measured without making the text, and no further than the limit.
 */

import { failed, type StepResult } from "../steps/step-type.ts";
import type { Json } from "../store/facts.ts";

export const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** True if the value's JSON surely has more than `limit` characters. Stops as soon as that is certain. */
export function isLargerThan(value: unknown, limit: number): boolean {
  let left = limit;
  const walk = (inner: unknown): boolean => {
    if (typeof inner === "string") left -= inner.length + 2;
    else if (typeof inner !== "object" || inner === null) left -= 2;
    else {
      for (const [key, item] of Object.entries(inner)) {
        if (!Array.isArray(inner)) left -= key.length + 3;
        if (left < 0 || walk(item)) return true;
      }
      left -= 2;
    }
    return left < 0;
  };
  return walk(value);
}

/** The result, or a failure in its place when its outputs are too large to be kept. */
export function bounded(result: StepResult): StepResult {
  if (!("outputs" in result) || !isLargerThan(result.outputs as Json, MAX_OUTPUT_BYTES)) return result;
  return failed(
    "output_too_large",
    `The step gave more than ${MAX_OUTPUT_BYTES / 1024 / 1024} MiB, which is too much to keep in the run.`,
    {
      hint: "Write it to a file with artifact: true, and pass its path on; or keep only what the next steps need.",
      retryable: false,
    },
  );
}
