/** Several different steps at the same time, as one step. In a graph, steps side by side say more; this is for sequences. */
import { z } from "zod";
import { failuresOf, nestedStepAt, resultOf, runInnerSteps } from "./inner-steps.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  steps: z
    .array(z.strictObject({ type: z.string().min(1), config: z.record(z.string(), z.unknown()).default({}) }))
    .max(100)
    .describe("The steps to run, each with its type and config"),
  max_concurrency: z.int().min(1).max(64).default(5).describe("How many at a time"),
  fail_fast: z
    .boolean()
    .default(false)
    .describe("The first failure fails this step; else failures are listed in errors"),
});

export const parallel = defineStep({
  type: "parallel",
  title: "At the same time",
  group: "core",
  description: "Runs several steps at once. Gives `results` in their order, `count`, and `errors`.",
  schema,
  example: {
    steps: [
      { type: "prompt", config: { template: "one" } },
      { type: "prompt", config: { template: "two" } },
    ],
  },
  capability: CAPABILITY.local,
  raw: ["steps"],
  inner: false,
  nested: ({ steps }) =>
    Array.isArray(steps) ? steps.flatMap((step, index) => nestedStepAt(`steps[${index}]`, step)) : [],
  async execute(context) {
    const { steps, max_concurrency: concurrency, fail_fast } = context.config;
    if (steps.length === 0) {
      const outputs = { error: "missing_steps", results: [] };
      return failed("missing_steps", "There are no steps to run.", { hint: "Set steps.", retryable: false, outputs });
    }
    const jobs = steps.map((step) => ({ step, names: {} }));
    const outcomes = await runInnerSteps(jobs, { concurrency, stopAtFailure: fail_fast }, context);
    if (context.signal.aborted) return { status: "cancelled" };
    const errors = failuresOf(outcomes);
    const outputs = { results: outcomes.map(resultOf), count: steps.length, errors };
    const first = errors[0];
    if (!first || !fail_fast) return ok(outputs);
    return failed(first.code, `Step ${first.index + 1} of ${steps.length} failed: ${first.message}`, {
      hint: first.hint,
      retryable: first.retryable,
      retryAfterMs: first.retry_after_ms,
      outputs: { error: first.code, ...outputs },
    });
  },
});
