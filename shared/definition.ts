/**
 * The definition format: what a person writes to say what a workflow does. Limits, shapes and defaults live here;
 * rules that need the whole definition (targets, cycles, reserved ids) are in `definition-check.ts`.
 */
import { z } from "zod";

export const DEFINITION_LIMITS = {
  /** UTF-8 bytes of the definition as compact JSON. */
  definitionBytes: 256 * 1024,
  /** UTF-8 bytes of one step's config as compact JSON. */
  configBytes: 32 * 1024,
  steps: 200,
  /** How deeply values may nest. */
  depth: 64,
} as const;

/** A jump target that ends the run as succeeded. */
export const END = "_end";

/** Names of the template scope and words of its language. A step with such an id would hide them, or be out of reach. */
export const RESERVED_STEP_IDS: ReadonlySet<string> = new Set([
  ..."and or not in is if else elif for set true false none True False None range loop".split(" "),
  "inputs",
  "last",
  "prev",
  "item",
  "index",
  "run",
  "run_id",
  "secrets",
  "state",
  "now",
  "env",
  "workflow",
  END,
]);

export const STEP_ID = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$/;

const seconds = z.number().positive().max(31_536_000);

export const RetryPolicy = z.strictObject({
  max: z.int().min(0).max(100).describe("How many times to try again after the first attempt"),
  backoff: z.enum(["fixed", "linear", "exponential"]).default("exponential"),
  base_ms: z.int().min(0).max(86_400_000).default(1000).describe("First pause, in milliseconds"),
  cap_ms: z.int().min(0).max(86_400_000).optional().describe("Longest pause, in milliseconds"),
  retry_on: z.array(z.string()).optional().describe("Only these error codes are retried"),
});
export type RetryPolicy = z.infer<typeof RetryPolicy>;

export const StepDefinition = z.strictObject({
  id: z.string().regex(STEP_ID, "must be 1-100 letters, digits, _ or -"),
  name: z.string().max(200).nullish(),
  type: z.string().min(1),
  config: z.record(z.string(), z.unknown()).default({}),
  retry: z.union([z.int().min(0).max(100), RetryPolicy]).nullish(),
  timeout_seconds: seconds.nullish().describe("How long one attempt may take; 300 if not given"),
  when: z.union([z.string(), z.boolean()]).nullish().describe("The step is skipped unless this is true"),
  continue_on_error: z.boolean().nullish(),
  on_success: z.string().nullish(),
  on_failure: z.string().nullish(),
  on_timeout: z.string().nullish(),
  depends_on: z.array(z.string()).nullish(),
});
export type StepDefinition = z.infer<typeof StepDefinition>;

export const Concurrency = z.strictObject({
  limit: z.int().min(1).max(1000).default(1),
  on_conflict: z.enum(["queue", "skip", "cancel_running"]).default("queue"),
});

const Webhook = z.union([z.string(), z.strictObject({ url: z.string(), include_outputs: z.boolean().default(true) })]);

export const WorkflowDefinition = z.strictObject({
  name: z.string().trim().min(1, "must not be empty").max(200),
  version: z.int().min(1).default(1),
  description: z.string().max(10_000).nullish(),
  tags: z.array(z.string().min(1).max(60)).max(50).default([]),
  inputs: z.record(z.string(), z.unknown()).default({}).describe("Default values of the inputs"),
  input_schema: z.record(z.string(), z.unknown()).nullish().describe("JSON Schema of the inputs; draws the run form"),
  steps: z.array(StepDefinition).max(DEFINITION_LIMITS.steps),
  finally: z.array(StepDefinition).max(DEFINITION_LIMITS.steps).nullish(),
  outputs: z.record(z.string(), z.unknown()).nullish(),
  timeout_seconds: seconds.nullish().describe("How long the whole run may take"),
  concurrency: Concurrency.nullish(),
  fail_fast: z.boolean().nullish(),
  metadata: z.record(z.string(), z.unknown()).default({}),
  visibility: z.literal("private").default("private"),
  on_completion_webhook: Webhook.nullish(),
});
export type WorkflowDefinition = z.infer<typeof WorkflowDefinition>;
/** As a person writes it: everything that has a default may be left out. */
export type WorkflowDefinitionInput = z.input<typeof WorkflowDefinition>;

/** A definition is a graph as soon as one step says `depends_on`; otherwise it is a sequence with jumps. */
export const isGraph = (definition: Pick<WorkflowDefinition, "steps">): boolean =>
  definition.steps.some((step) => step.depends_on != null);

/** The whole retry policy of a step, whatever short form it was written in. Pauses in milliseconds. */
export function retryPolicyOf(step: Pick<StepDefinition, "retry">): RetryPolicy {
  if (step.retry == null) return { max: 0, backoff: "exponential", base_ms: 1000 };
  if (typeof step.retry === "number") return { max: step.retry, backoff: "exponential", base_ms: 1000 };
  return step.retry;
}

/** One attempt of a step ends after this long unless the step says otherwise. */
export const DEFAULT_STEP_TIMEOUT_SECONDS = 300;
