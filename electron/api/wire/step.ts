/** Step runs, attempts and waits as the wire shows them. */
import type { Approval } from "../../../shared/api/runs.ts";
import type { StepAttempt, StepRun, Wait } from "../../../shared/run.ts";
import { toIso, toIsoOrNull } from "../../lib/clock.ts";
import type { AttemptRow, ShownStepRunRow } from "../../store/tables/step-runs.ts";
import type { InboxRow, WaitRow } from "../../store/tables/waits.ts";
import { jsonObjectOrNull } from "./json.ts";

export const stepRun = (row: ShownStepRunRow, wait: WaitRow | undefined): StepRun => ({
  step_run_id: row.stepRunId,
  step_id: row.stepId,
  name: row.name,
  type: row.type,
  status: row.status,
  visit: row.visit,
  attempt_count: row.attempt,
  started_at: toIso(row.startedAt),
  ended_at: toIsoOrNull(row.endedAt),
  duration_ms: durationOf(row),
  error: row.error,
  error_hint: row.errorHint,
  latest_failure: latestFailure(row),
  inputs: jsonObjectOrNull(row.inputsJson),
  outputs: shownOutputs(row),
  outputs_truncated: row.outputsCut === 1,
  decision: row.decision,
  review_comment: row.reviewComment,
  next_attempt_at: toIsoOrNull(row.nextAttemptAt),
  wait: wait ? waitOf(wait) : null,
});

/** What was cut off is no longer JSON, so it is shown as the text that it is. */
const shownOutputs = ({ outputsJson, outputsCut }: ShownStepRunRow): unknown =>
  outputsJson === null || outputsCut === 1 ? outputsJson : JSON.parse(outputsJson);

const latestFailure = (row: ShownStepRunRow): StepRun["latest_failure"] =>
  row.errorCode === null
    ? null
    : {
        reason_code_core: row.errorCode,
        reason_code_detail: row.errorHint,
        retryable: row.retryable === 1,
        error_summary: row.error,
      };

const waitOf = (row: WaitRow): Wait => ({
  kind: row.kind,
  due_at: toIsoOrNull(row.dueAt),
  assigned_to: row.assignedTo,
  instructions: row.instructions,
  form_schema: jsonObjectOrNull(row.formSchemaJson),
});

export const stepAttempt = (row: AttemptRow): StepAttempt => ({
  attempt_id: row.attemptId,
  step_run_id: row.stepRunId,
  step_id: row.stepId,
  attempt_number: row.attemptNumber,
  status: row.status,
  started_at: toIso(row.startedAt),
  ended_at: toIsoOrNull(row.endedAt),
  duration_ms: durationOf(row),
  reason_code_core: row.reasonCodeCore,
  reason_code_detail: row.reasonCodeDetail,
  retryable: row.retryable === null ? null : row.retryable === 1,
  error_summary: row.errorSummary,
  metadata: jsonObjectOrNull(row.metadataJson),
});

/** An open question to a person. */
export const approval = (row: InboxRow, kind: Approval["kind"]): Approval => ({
  run_id: row.runId,
  workflow_name: row.workflowName,
  workflow_id: row.workflowId,
  step_run_id: row.stepRunId,
  step_id: row.stepId,
  step_name: row.stepName,
  kind,
  instructions: row.instructions,
  form_schema: jsonObjectOrNull(row.formSchemaJson),
  assigned_to: row.assignedTo,
  waiting_since: toIso(row.createdAt),
  deadline: toIsoOrNull(row.dueAt),
});

/** A clock that was set back between start and end must not show a negative time. */
const durationOf = ({ startedAt, endedAt }: { startedAt: number; endedAt: number | null }): number | null =>
  endedAt === null ? null : Math.max(0, endedAt - startedAt);
