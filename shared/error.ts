/**
 * The shapes in which an error travels and is stored. Its codes are in `error-codes.ts`, and pass through here.
 * Sentences and hints are written where the error is made.
 */
import { z } from "zod";

export {
  type ErrorCode,
  NEVER_RETRIED,
  REQUEST_ERRORS,
  type RequestErrorCode,
  START_ERRORS,
  STEP_ERRORS,
  type StartErrorCode,
  type StepErrorCode,
} from "./error-codes.ts";

/** One thing wrong with what was sent, and where it stands, e.g. `steps[2].config.template`. */
export const Problem = z.object({
  path: z.string(),
  message: z.string(),
  code: z.string().optional(),
  step_id: z.string().nullish(),
  step_type: z.string().nullish(),
  hint: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** The body of every answer that is not a success. */
export const ErrorBody = z.object({
  detail: z.union([z.string(), z.array(Problem)]),
  code: z.string(),
  hint: z.string().optional(),
  commands: z.array(z.string()).optional(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

/** Why a step or a run failed, as it is stored and shown. */
export const Failure = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  retryable: z.boolean(),
  /** Milliseconds that the other side asked us to wait before trying again. */
  retry_after_ms: z.number().optional(),
});
export type Failure = z.infer<typeof Failure>;
