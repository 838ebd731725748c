/** What is known of a step type: enough to validate a config, to draw its form and to judge a replay. */
import { z } from "zod";

/** What may be done with a step whose outcome is unknown. Field names and values follow the reference. */
export const Capability = z.object({
  /** Running it again changes nothing outside the run. */
  replay_safe: z.boolean(),
  idempotency_strategy: z.enum(["run_scoped", "external", "asset_scoped", "none"]),
  compensation_supported: z.boolean(),
  requires_human_review_for_rerun: z.boolean(),
  evidence_level: z.enum(["minimal", "standard", "detailed"]),
});
export type Capability = z.infer<typeof Capability>;

export const StepTypeInfo = z.object({
  name: z.string(),
  title: z.string(),
  group: z.enum(["core", "local", "data", "network"]),
  description: z.string(),
  /** JSON Schema of the config. */
  schema: z.record(z.string(), z.unknown()),
  example: z.record(z.string(), z.unknown()),
  min_engine_version: z.string(),
  capabilities: Capability,
});
export type StepTypeInfo = z.infer<typeof StepTypeInfo>;
