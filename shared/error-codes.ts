/**
 * Every code this app can report, and the HTTP status of those that answer a request. A new code does not compile
 * until it has a status. Constants only: this file is loaded before anything else at a start, so nothing is imported.
 */

/** Codes that answer a request. The value is the HTTP status of the answer. */
export const REQUEST_ERRORS = {
  invalid_json: 400,
  invalid_cursor: 400,
  invalid_path: 400,
  invalid_action: 400,
  unauthorized: 401,
  forbidden_origin: 403,
  adhoc_disabled: 403,
  path_outside_scope: 403,
  not_found: 404,
  workflow_not_found: 404,
  run_not_found: 404,
  step_run_not_found: 404,
  artifact_not_found: 404,
  artifact_file_missing: 404,
  template_not_found: 404,
  backup_not_found: 404,
  ticket_expired: 404,
  method_not_allowed: 405,
  run_active: 409,
  run_finished: 409,
  invalid_state: 409,
  consent_required: 409,
  idempotency_conflict: 409,
  checksum_mismatch: 409,
  backup_running: 409,
  body_too_large: 413,
  definition_too_large: 413,
  artifact_too_large: 413,
  unsupported_media_type: 415,
  mime_not_allowed: 415,
  invalid_range: 416,
  misdirected: 421,
  validation_error: 422,
  definition_invalid: 422,
  definition_exists: 422,
  input_invalid: 422,
  internal_error: 500,
  safe_mode: 503,
  maintenance: 503,
  shutting_down: 503,
  database_busy: 503,
  run_timeout: 504,
  disk_full: 507,
} as const;

/** Codes that end a step or a run. They never answer a request on their own, so they have no HTTP status. */
export const STEP_ERRORS = [
  "template_error",
  "timeout",
  "run_timeout",
  "cancelled",
  "rejected_by_human",
  "human_timeout",
  "file_access_denied",
  "file_not_found",
  "file_exists",
  "file_error",
  "blocked_egress",
  "offline",
  "http_error",
  "response_too_large",
  "redirects_exceeded",
  "command_failed",
  "command_not_found",
  "command_output_invalid",
  "csv_invalid",
  "json_invalid",
  "expression_error",
  "regex_invalid",
  "map_item_failed",
  "forced_error",
  "policy_failed",
  "unsupported",
  "branch_loop_exceeded",
  "unknown_step_type",
  "dependency_failed",
  "output_too_large",
  "interrupted",
  "invariant_violation",
  "step_crashed",
  "sql_error",
] as const;

/** Codes that end a start of the host. They reach a person as a sentence and a hint, never a request. */
export const START_ERRORS = [
  "host_locked",
  "database_in_use",
  "database_url_invalid",
  "database_corrupt",
  "database_foreign",
  "database_unusable",
  "schema_newer",
  "migration_failed",
  "data_dir_unusable",
  "port_in_use",
  "engine_failed",
] as const;

/** Never retried, whatever `retry` says: trying again cannot change the answer (design §16). */
export const NEVER_RETRIED: ReadonlySet<string> = new Set([
  "validation_error",
  "template_error",
  "file_access_denied",
  "blocked_egress",
  "consent_required",
  "policy_failed",
  "unsupported",
  "unknown_step_type",
  "cancelled",
  "rejected_by_human",
  "human_timeout",
  "branch_loop_exceeded",
  "invariant_violation",
]);

export type RequestErrorCode = keyof typeof REQUEST_ERRORS;
export type StepErrorCode = (typeof STEP_ERRORS)[number];
export type StartErrorCode = (typeof START_ERRORS)[number];
export type ErrorCode = RequestErrorCode | StepErrorCode | StartErrorCode;
