/**
 * One step for every item of a list, some at a time. The results keep the order of the items.
 * A failing item stops the others, unless failures are collected.
 */
import { z } from "zod";
import { failuresOf, nestedStepAt, resultOf, runInnerSteps } from "./inner-steps.ts";
import { listOf } from "./items.ts";
import { CAPABILITY, defineStep, failed, ok, type StepContext, type StepResult } from "./step-type.ts";

const schema = z.strictObject({
  items: z.unknown().describe("A list, or text that is a JSON list or words between commas"),
  step: z
    .strictObject({ type: z.string().min(1), config: z.record(z.string(), z.unknown()).default({}) })
    .describe("The step to run for each; its config may use item and index"),
  concurrency: z.int().min(1).max(64).default(4).describe("How many at a time"),
  on_item_error: z
    .enum(["fail", "collect"])
    .default("fail")
    .describe("fail: the first failing item fails the step; collect: go on and list errors"),
});
type Config = z.output<typeof schema>;

export const map = defineStep({
  type: "map",
  title: "For each",
  group: "core",
  description:
    "Runs a step for every item of a list. Gives `results` in the items' order, `count`, and `errors` when they are collected.",
  schema,
  example: {
    items: ["red", "green"],
    step: { type: "prompt", config: { template: "{{ index }}: {{ item }}" } },
    concurrency: 2,
  },
  // What a body does may not be repeated blindly.
  capability: CAPABILITY.local,
  raw: ["step"],
  inner: false,
  nested: ({ step }) => nestedStepAt("step", step),
  async execute(context) {
    const items = listOf(context.config.items);
    if (!items) {
      return failed("validation_error", "items is not a list.", {
        hint: "Give a list, a JSON list as text, or words between commas.",
      });
    }
    const { step, concurrency, on_item_error } = context.config;
    const jobs = items.map((item, index) => ({ step, names: { item, index } }));
    return summary(
      await runInnerSteps(jobs, { concurrency, stopAtFailure: on_item_error === "fail" }, context),
      context,
    );
  },
});

function summary(outcomes: (StepResult | null)[], { signal, config }: StepContext<Config>): StepResult {
  const errors = failuresOf(outcomes);
  const results = outcomes.map(resultOf);
  const first = errors[0];
  if (first && config.on_item_error === "fail") {
    return failed("map_item_failed", `Item ${first.index} failed (${first.code}): ${first.message}`, {
      hint: first.hint ?? "on_item_error: collect goes on with the others.",
      retryable: first.retryable,
      retryAfterMs: first.retry_after_ms,
      outputs: { error: "map_item_failed", results, errors, count: results.length },
    });
  }
  if (signal.aborted || outcomes.some((outcome) => outcome?.status === "cancelled")) return { status: "cancelled" };
  return ok({ results, count: results.length, ...(config.on_item_error === "collect" ? { errors } : {}) });
}
