/**
 * Remembers a result from run to run, for a time. With a step inside, a hit really spares that step. Keys belong to the
 * workflow, whatever its version.
 */
import { z } from "zod";
import { nestedStepAt, runInnerStep } from "./inner-steps.ts";
import { CAPABILITY, defineStep, failed, type Outputs, ok, type StepContext, type StepResult } from "./step-type.ts";

const schema = z.strictObject({
  key: z.string().max(180).optional().describe("The name of the result"),
  action: z
    .enum(["get_or_set", "get", "set", "invalidate"])
    .default("get_or_set")
    .describe("get_or_set: what is remembered, else make it; set: make it anew; invalidate: forget it"),
  ttl_seconds: z.number().positive().max(31_536_000).default(3600).describe("What is older is not taken any more"),
  step: z
    .strictObject({ type: z.string().min(1), config: z.record(z.string(), z.unknown()).default({}) })
    .optional()
    .describe("The step that makes the result; it runs only when nothing is remembered"),
  data: z.unknown().optional().describe("Without a step: the result; the outputs of the step before if not given"),
});
type Config = z.output<typeof schema>;

const Entry = z.object({
  /** Epoch milliseconds. */
  stored_at: z.number(),
  data: z.unknown(),
});

/** JSON characters. Larger results are given on but not remembered: they belong into a file. */
const LARGEST_ENTRY = 1_000_000;

export const cacheResult = defineStep({
  type: "cache_result",
  title: "Remember a result",
  group: "core",
  description:
    "Gives `cached`, `data`, `key`, and `age_seconds` on a hit or `stored` otherwise. invalidate gives `invalidated`.",
  schema,
  example: { key: "greeting", ttl_seconds: 600, step: { type: "prompt", config: { template: "Hello" } } },
  // What the step inside does may not be repeated blindly.
  capability: CAPABILITY.local,
  raw: ["step"],
  inner: true,
  nested: ({ step }) => nestedStepAt("step", step),
  async execute(context) {
    const { config, signal, state } = context;
    if (signal.aborted) return { status: "cancelled" };
    const { key, action } = config;
    if (!key) {
      return failed("missing_cache_key", "There is no key.", {
        hint: "Set key.",
        retryable: false,
        outputs: { error: "missing_cache_key", cached: false },
      });
    }
    if (action === "invalidate") {
      await state.set(stateKey(key), null);
      return ok({ invalidated: true, key });
    }
    const hit = action === "set" ? null : await remembered(key, context);
    if (hit) return ok({ cached: true, key, ...hit });
    if (action === "get") return ok({ cached: false, key, data: null });
    return make(key, context);
  },
});

const stateKey = (key: string): string => `cache:${key}`;

async function remembered(key: string, { config, clock, state }: StepContext<Config>): Promise<Outputs | null> {
  const entry = Entry.safeParse(await state.get(stateKey(key)));
  if (!entry.success) return null;
  const ageMs = clock.now() - entry.data.stored_at;
  // An age below zero comes from a clock that was set back; such a result could stay for ever.
  if (ageMs < 0 || ageMs >= config.ttl_seconds * 1000) return null;
  return { data: entry.data.data, age_seconds: ageMs / 1000 };
}

async function make(key: string, context: StepContext<Config>): Promise<StepResult> {
  const { config, last, clock, signal, state, log } = context;
  let data: unknown = config.data === undefined ? last : config.data;
  if (config.step) {
    const result = await runInnerStep({ step: config.step, names: {} }, context);
    if (result.status !== "ok") return result;
    data = result.outputs;
  }
  if (signal.aborted) return { status: "cancelled" };
  const stored = (JSON.stringify(data)?.length ?? 0) <= LARGEST_ENTRY;
  if (stored) await state.set(stateKey(key), { stored_at: clock.now(), data });
  else log("warning", `The result for "${key}" is too large to be remembered (over ${LARGEST_ENTRY} characters).`);
  return ok({ cached: false, key, data, stored });
}
