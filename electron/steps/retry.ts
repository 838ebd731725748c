/**
 * Tries a step again within one attempt. A step's own `retry` outlives a restart and is the better choice; this one is for
 * steps inside map and parallel. Still failing at the end is failing.
 */
import { z } from "zod";
import { pause } from "../lib/clock.ts";
import { nestedStepAt, runInnerStep } from "./inner-steps.ts";
import { CAPABILITY, defineStep, failed, ok, type StepContext, type StepResult } from "./step-type.ts";

const stepConfig = z.record(z.string(), z.unknown());

const schema = z
  .strictObject({
    step: z
      .strictObject({ type: z.string().min(1), config: stepConfig.default({}) })
      .optional()
      .describe("The step to try"),
    step_type: z.string().min(1).optional().describe("Another way to write it: its type"),
    step_config: stepConfig.optional().describe("With step_type: its config"),
    max_retries: z.int().min(0).max(20).default(3).describe("How many times after the first"),
    backoff_base: z
      .number()
      .min(0)
      .max(60)
      .default(2)
      .describe("Seconds; the pause before the n-th retry is this to the power of n"),
    backoff_max: z.number().min(0).max(60).default(30).describe("The longest pause in seconds"),
    retry_on_errors: z.array(z.string().min(1)).max(100).default([]).describe("Only these error codes; any if empty"),
  })
  .refine(({ step, step_type }) => (step === undefined) !== (step_type === undefined), {
    path: ["step"],
    error: "give either step, or step_type with step_config",
  });
type Config = z.output<typeof schema>;
type FailedResult = Extract<StepResult, { status: "failed" }>;

/** A pause in here holds a slot. What asks for more is left to the step's own retry. */
const LONGEST_PAUSE_MS = 60_000;

export const retry = defineStep({
  type: "retry",
  title: "Try again",
  group: "core",
  description:
    "Runs a step until it succeeds. Gives `result` (its outputs), `attempts` and `success`. Fails as retry_step_error after the last try.",
  schema,
  example: { step: { type: "prompt", config: { template: "Hello" } }, max_retries: 2 },
  capability: CAPABILITY.local,
  raw: ["step", "step_type", "step_config"],
  inner: true,
  nested: ({ step, step_type, step_config }) => [
    ...nestedStepAt("step", step),
    ...nestedStepAt("step_config", { type: step_type, config: step_config }),
  ],
  async execute(context) {
    const { config, clock, signal } = context;
    const step = config.step ?? { type: config.step_type ?? "", config: config.step_config ?? {} };
    for (let attempts = 1; ; attempts++) {
      if (signal.aborted) return { status: "cancelled" };
      const outcome = await runInnerStep({ step, names: {} }, context);
      if (outcome.status === "ok") return ok({ result: outcome.outputs, attempts, success: true });
      if (outcome.status !== "failed") return outcome;
      const pauseMs = pauseBefore(attempts, outcome, config);
      if (pauseMs === null) return givenUp(outcome, attempts);
      reportRetry(context, outcome, attempts, pauseMs);
      await pause(clock, pauseMs, signal);
    }
  },
});

/** Milliseconds to wait before trying again, or null if there is no use in it. */
function pauseBefore(attempts: number, { failure }: FailedResult, config: Config): number | null {
  const { max_retries, retry_on_errors, backoff_base, backoff_max } = config;
  if (attempts > max_retries || !failure.retryable) return null;
  if (retry_on_errors.length > 0 && !retry_on_errors.includes(failure.code)) return null;
  const asked = failure.retry_after_ms ?? 0;
  if (asked > LONGEST_PAUSE_MS) return null;
  return Math.max(Math.min(backoff_base ** attempts, backoff_max) * 1000, asked);
}

function reportRetry(context: StepContext<Config>, { failure }: FailedResult, attempts: number, pauseMs: number): void {
  const total = context.config.max_retries + 1;
  context.log("warning", `Try ${attempts} of ${total} failed (${failure.code}); again in ${pauseMs / 1000} s.`);
}

function givenUp({ failure, outputs }: FailedResult, attempts: number): StepResult {
  const times = attempts === 1 ? "at the first try" : `after ${attempts} tries`;
  return failed("retry_step_error", `The step failed ${times} (${failure.code}): ${failure.message}`, {
    hint: failure.hint,
    retryable: failure.retryable,
    retryAfterMs: failure.retry_after_ms,
    outputs: {
      error: "retry_step_error",
      success: false,
      attempts,
      last_error: { code: failure.code, message: failure.message },
      result: outputs ?? null,
    },
  });
}
