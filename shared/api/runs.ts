/** Runs: start, list, read, control, decide. */
import { z } from "zod";
import { Run, RunStatusSchema, RunSummary, StepAttempt, StepRun } from "../run.ts";
import { endpoint, Ok, RunParams, repeated, WORKFLOWS_PREFIX, WorkflowParams } from "./endpoint.ts";

const tag = "Runs";
const RUNS = `${WORKFLOWS_PREFIX}/runs`;
const RUN = `${RUNS}/{run_id}`;
const JsonObject = z.record(z.string(), z.unknown());

/** `async` answers at once with what is true then; anything else waits for the run to end or to park for a person. */
const StartQuery = z.object({ mode: z.string().default("async") });

/** Names that can stand after a dot in a template. */
export const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;

const RunSecrets = z.record(z.string().regex(SECRET_NAME), z.string().min(1).max(65_536));

const StartBody = z.object({
  inputs: JsonObject.default({}),
  idempotency_key: z.string().min(1).max(200).nullish(),
  session_id: z.string().max(200).nullish(),
  validation_mode: z.enum(["block", "non-block"]).default("block"),
  priority: z.int().min(-100).max(100).default(0),
  metadata: JsonObject.nullish(),
  /** For this run alone: never shown, sealed at rest, wiped when the run ends. Templates see them as `secrets.NAME`. */
  secrets: RunSecrets.nullish(),
});

const startErrors = [
  "input_invalid",
  "consent_required",
  "idempotency_conflict",
  "run_timeout",
  "invalid_json",
] as const;

export const startRun = endpoint({
  method: "POST",
  path: `${WORKFLOWS_PREFIX}/{workflow_id}/run`,
  tag,
  summary: "Run a saved definition",
  params: WorkflowParams,
  query: StartQuery,
  body: StartBody,
  reply: Run,
  errors: ["workflow_not_found", ...startErrors],
});

export const startAdHocRun = endpoint({
  method: "POST",
  path: `${WORKFLOWS_PREFIX}/run`,
  tag,
  summary: "Run a definition that is not saved",
  query: StartQuery,
  body: StartBody.extend({ definition: JsonObject }),
  reply: Run,
  errors: ["definition_invalid", "definition_too_large", ...startErrors],
});

const isoTime = z.iso.datetime({ offset: true, message: "must be an ISO 8601 time with an offset" });

/** Which runs; all of it may be left out. */
const runFilters = {
  status: repeated(RunStatusSchema),
  owner: z.string().optional(),
  workflow_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  workflow_name: z.string().max(200).optional(),
  created_after: isoTime.optional(),
  created_before: isoTime.optional(),
  last_n_hours: z.coerce.number().int().min(1).max(1_000_000).optional(),
};

export const listRuns = endpoint({
  method: "GET",
  path: RUNS,
  tag,
  summary: "Runs, newest first; pages by cursor or offset",
  query: z.object({
    ...runFilters,
    order_by: z.enum(["created_at", "started_at", "ended_at"]).default("created_at"),
    order: z.enum(["asc", "desc"]).default("desc"),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    offset: z.coerce.number().int().min(0).max(10_000_000).default(0),
    cursor: z.string().optional(),
  }),
  reply: z.object({
    runs: z.array(RunSummary),
    limit: z.int(),
    offset: z.int().nullable(),
    has_more: z.boolean(),
    total: z.int().nullable(),
    next_offset: z.int().nullable(),
    next_cursor: z.string().nullable(),
    pagination: JsonObject,
  }),
  errors: ["invalid_cursor"],
});

export const countRuns = endpoint({
  method: "GET",
  path: `${RUNS}/counts`,
  tag,
  summary: "How many runs there are in each status",
  reply: z.object({ counts: z.record(z.string(), z.int()), total: z.int() }),
});

export const getRun = endpoint({
  method: "GET",
  path: RUN,
  tag,
  summary: "One run",
  params: RunParams,
  reply: Run,
  errors: ["run_not_found"],
});

export const getRunDefinition = endpoint({
  method: "GET",
  path: `${RUN}/definition`,
  tag,
  summary: "The definition as it was when the run was made",
  params: RunParams,
  reply: z.object({ run_id: z.string(), workflow_id: z.int().nullable(), definition: JsonObject }),
  errors: ["run_not_found"],
});

export const listSteps = endpoint({
  method: "GET",
  path: `${RUN}/steps`,
  tag,
  summary: "The step runs of a run, oldest first, one per visit",
  params: RunParams,
  reply: z.object({ run_id: z.string(), steps: z.array(StepRun) }),
  errors: ["run_not_found"],
});

export const listAttempts = endpoint({
  method: "GET",
  path: `${RUN}/steps/{step_id}/attempts`,
  tag,
  summary: "The attempts of one step",
  params: RunParams.extend({ step_id: z.string().min(1).max(100) }),
  reply: z.object({ run_id: z.string(), step_id: z.string(), attempts: z.array(StepAttempt) }),
  errors: ["run_not_found"],
});

export const rerunRun = endpoint({
  method: "POST",
  path: `${RUN}/rerun`,
  tag,
  summary: "A new run of the same definition, from any step, with edited inputs or outputs",
  params: RunParams,
  query: StartQuery,
  body: z
    .object({
      /** The steps before it keep what they gave; everything runs again if it is not given. */
      from_step: z.string().max(100).nullish(),
      inputs: JsonObject.nullish(),
      outputs: z.record(z.string(), JsonObject).nullish(),
      secrets: RunSecrets.nullish(),
    })
    .nullish(),
  bodyOptional: true,
  reply: Run,
  errors: ["run_not_found", "input_invalid", "consent_required", "adhoc_disabled", "run_timeout", "invalid_json"],
});

export const ControlResult = z.enum(["applied", "already_applied", "invalid_state"]);

export const controlRun = endpoint({
  method: "POST",
  path: `${RUN}/{action}`,
  tag,
  summary: "Pause, resume, cancel, retry, pin or unpin a run",
  params: RunParams.extend({ action: z.string() }),
  body: z.object({}).nullish(),
  bodyOptional: true,
  reply: z.object({ ok: z.literal(true), result: ControlResult, status: RunStatusSchema }),
  errors: ["run_not_found", "invalid_action"],
});

export const deleteRun = endpoint({
  method: "DELETE",
  path: RUN,
  tag,
  summary: "Delete a run that has ended, with its steps, events, artifacts and files",
  params: RunParams,
  reply: Ok,
  errors: ["run_not_found", "run_active"],
});

/** Runs that one bulk request may touch. */
export const BULK_LIMIT = 1000;

/** Each run is judged by itself: what cannot be done to one does not hold up the others. */
export const bulkRuns = endpoint({
  method: "POST",
  path: `${RUNS}/bulk`,
  tag,
  summary: "Cancel, retry, delete, pin or unpin many runs, by id or by filter; the newest 1,000 that the filter finds",
  body: z
    .object({
      action: z.enum(["cancel", "retry", "delete", "pin", "unpin"]),
      run_ids: z.array(z.string().min(1).max(100)).min(1).max(BULK_LIMIT).optional(),
      filter: z.strictObject(runFilters).optional(),
    })
    .refine(({ run_ids, filter }) => (run_ids === undefined) !== (filter === undefined), {
      path: ["run_ids"],
      error: "give either run_ids or filter",
    }),
  reply: z.object({ results: z.array(z.object({ run_id: z.string(), ok: z.boolean(), code: z.string().optional() })) }),
});

const StepParams = RunParams.extend({ step_id: z.string().min(1).max(100) });
const DecisionBody = z
  .object({ comment: z.string().max(10_000).nullish(), edited_fields: JsonObject.nullish() })
  .nullish();

export const approveStep = endpoint({
  method: "POST",
  path: `${RUN}/steps/{step_id}/approve`,
  tag,
  summary: "Approve a step that waits for a person",
  params: StepParams,
  body: DecisionBody,
  bodyOptional: true,
  reply: Ok,
  errors: ["run_not_found", "step_run_not_found", "invalid_state", "input_invalid"],
});

export const rejectStep = endpoint({
  method: "POST",
  path: `${RUN}/steps/{step_id}/reject`,
  tag,
  summary: "Reject a step that waits for a person",
  params: StepParams,
  body: DecisionBody,
  bodyOptional: true,
  reply: Ok,
  errors: ["run_not_found", "step_run_not_found", "invalid_state"],
});

export const resolveStep = endpoint({
  method: "POST",
  path: `${RUN}/steps/{step_id}/resolve`,
  tag,
  summary: "Say what became of a step that was interrupted by a crash",
  params: StepParams,
  body: z.object({ action: z.enum(["retry", "done", "skip", "fail"]), outputs: JsonObject.optional() }),
  reply: Ok,
  errors: ["run_not_found", "step_run_not_found", "invalid_state"],
});

export const skipStep = endpoint({
  method: "POST",
  path: `${RUN}/steps/{step_id}/skip`,
  tag,
  summary: "Pass over a step that waits, or that has not begun in a paused or queued run",
  params: StepParams,
  body: z.object({}).nullish(),
  bodyOptional: true,
  reply: Ok,
  errors: ["run_not_found", "step_run_not_found", "invalid_state"],
});

/** A step that waits for a person, with enough to decide by. */
export const Approval = z.object({
  run_id: z.string(),
  workflow_name: z.string(),
  workflow_id: z.int().nullable(),
  step_run_id: z.string(),
  step_id: z.string(),
  step_name: z.string().nullable(),
  kind: z.enum(["approval", "human", "interrupted"]),
  instructions: z.string().nullable(),
  form_schema: JsonObject.nullable(),
  assigned_to: z.string().nullable(),
  waiting_since: z.string(),
  deadline: z.string().nullable(),
});
export type Approval = z.infer<typeof Approval>;

export const listApprovals = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/approvals`,
  tag,
  summary: "Everything that waits for a person, longest waiting first",
  reply: z.object({ approvals: z.array(Approval) }),
});
