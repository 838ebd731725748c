/** A run, its step runs and their attempts, as the API sends them. Times are ISO 8601 UTC; durations are milliseconds. */
import { z } from "zod";
import { RUN_STATUSES, STEP_STATUSES } from "./transitions.ts";

export const RunStatusSchema = z.enum(RUN_STATUSES);
export const StepStatusSchema = z.enum(STEP_STATUSES);

const Json = z.record(z.string(), z.unknown());

/** One line of the run list. It holds no payload, so that a list never reads one. */
export const RunSummary = z.object({
  run_id: z.string(),
  workflow_id: z.int().nullable(),
  workflow_name: z.string(),
  definition_version: z.int().nullable(),
  tenant_id: z.string(),
  user_id: z.string(),
  status: RunStatusSchema,
  status_reason: z.string().nullable(),
  error: z.string().nullable(),
  error_code: z.string().nullable(),
  /** Who or what started it: `api`, `ui`, `schedule:…`, `rerun:…`. */
  started_by: z.string(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  duration_ms: z.int().nullable(),
  /** When a waiting run goes on by itself. */
  due_at: z.string().nullable(),
  current_step: z.string().nullable(),
  steps_done: z.int(),
  steps_total: z.int(),
  priority: z.int(),
  pinned: z.boolean(),
  incarnation: z.int(),
  pause_requested: z.boolean(),
  cancel_requested: z.boolean(),
});
export type RunSummary = z.infer<typeof RunSummary>;

/** A whole run. `id` repeats `run_id` for clients of the reference. */
export const Run = RunSummary.extend({
  id: z.string(),
  inputs: Json,
  outputs: Json.nullable(),
  error_hint: z.string().nullable(),
  validation_mode: z.enum(["block", "non-block"]).nullable(),
  session_id: z.string().nullable(),
  idempotency_key: z.string().nullable(),
  parent_run_id: z.string().nullable(),
  metadata: Json.nullable(),
  tokens_input: z.int().nullable(),
  tokens_output: z.int().nullable(),
  cost_usd: z.number().nullable(),
});
export type Run = z.infer<typeof Run>;

export const StepFailure = z.object({
  reason_code_core: z.string(),
  reason_code_detail: z.string().nullable(),
  retryable: z.boolean(),
  error_summary: z.string().nullable(),
});

/** What a parked step waits for. */
export const Wait = z.object({
  kind: z.enum(["time", "approval", "human", "interrupted"]),
  due_at: z.string().nullable(),
  assigned_to: z.string().nullable(),
  instructions: z.string().nullable(),
  form_schema: Json.nullable(),
});
export type Wait = z.infer<typeof Wait>;

export const StepRun = z.object({
  step_run_id: z.string(),
  step_id: z.string(),
  name: z.string().nullable(),
  type: z.string(),
  status: StepStatusSchema,
  visit: z.int(),
  attempt_count: z.int(),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  duration_ms: z.int().nullable(),
  error: z.string().nullable(),
  error_hint: z.string().nullable(),
  latest_failure: StepFailure.nullable(),
  /** The config as resolved for this visit. */
  inputs: Json.nullable(),
  /** The first 64 KiB of the outputs; `outputs_truncated` says whether there is more. */
  outputs: z.unknown(),
  outputs_truncated: z.boolean(),
  decision: z.enum(["approved", "rejected"]).nullable(),
  review_comment: z.string().nullable(),
  next_attempt_at: z.string().nullable(),
  wait: Wait.nullable(),
});
export type StepRun = z.infer<typeof StepRun>;

export const StepAttempt = z.object({
  attempt_id: z.string(),
  step_run_id: z.string(),
  step_id: z.string(),
  attempt_number: z.int(),
  status: z.string(),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  duration_ms: z.int().nullable(),
  reason_code_core: z.string().nullable(),
  reason_code_detail: z.string().nullable(),
  retryable: z.boolean().nullable(),
  error_summary: z.string().nullable(),
  metadata: Json.nullable(),
});
export type StepAttempt = z.infer<typeof StepAttempt>;
