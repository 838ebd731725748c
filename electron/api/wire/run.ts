/** Runs as the wire shows them. */
import type { Run, RunSummary } from "../../../shared/run.ts";
import { toIso, toIsoOrNull } from "../../lib/clock.ts";
import type { FullRunRow, RunRow } from "../../store/tables/runs.ts";
import { jsonObject, jsonObjectOrNull } from "./json.ts";

export const runSummary = (row: RunRow): RunSummary => ({
  run_id: row.runId,
  workflow_id: row.workflowId,
  workflow_name: row.workflowName,
  definition_version: row.definitionVersion,
  tenant_id: row.tenantId,
  user_id: row.userId,
  status: row.status,
  status_reason: row.statusReason,
  error: row.error,
  error_code: row.errorCode,
  started_by: row.startedBy,
  created_at: toIso(row.createdAt),
  started_at: toIsoOrNull(row.startedAt),
  ended_at: toIsoOrNull(row.endedAt),
  duration_ms: row.durationMs,
  due_at: toIsoOrNull(row.dueAt),
  current_step: row.currentStep,
  steps_done: row.stepsDone,
  steps_total: row.stepsTotal,
  priority: row.priority,
  pinned: row.pinned === 1,
  incarnation: row.incarnation,
  pause_requested: row.pauseRequested === 1,
  cancel_requested: row.cancelRequested === 1,
});

export const wholeRun = (row: FullRunRow): Run => ({
  ...runSummary(row),
  id: row.runId,
  inputs: jsonObject(row.inputsJson),
  outputs: jsonObjectOrNull(row.outputsJson),
  error_hint: row.errorHint,
  validation_mode: row.validationMode,
  session_id: row.sessionId,
  idempotency_key: row.idempotencyKey,
  parent_run_id: row.parentRunId,
  metadata: jsonObjectOrNull(row.metadataJson),
  tokens_input: row.tokensInput,
  tokens_output: row.tokensOutput,
  cost_usd: row.costUsd,
});
