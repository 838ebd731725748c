/**
 * The tables as a new file gets them, at the current schema version. A migrated file ends with exactly the same ones;
 * a test compares the two. Names and columns follow the reference where it has them; the rest is ours.
 *
 * Rules that hold for every table: STRICT; times are INTEGER epoch milliseconds; small columns come before payloads, so
 * that a list never walks through overflow pages; CHECKs repeat the unions of `shared/transitions.ts`.
 */
import { RUN_STATUSES, STEP_STATUSES, TERMINAL_STATUSES } from "../../shared/transitions.ts";

/** `WFLW`. A file with another id belongs to another program and is never touched. */
export const APPLICATION_ID = 0x57464c57;

export const CURRENT_SCHEMA_VERSION = 3;

const words = (list: readonly string[]): string => list.map((word) => `'${word}'`).join(",");

const WORKFLOWS = `
CREATE TABLE workflows (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
  tenant_id TEXT NOT NULL DEFAULT 'default',
  owner_id TEXT NOT NULL DEFAULT 'local',
  name TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  visibility TEXT NOT NULL DEFAULT 'private',
  description TEXT,
  tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
  is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
  came_from TEXT NOT NULL DEFAULT 'api',
  consented_at INTEGER,
  commands TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(commands)),
  step_count INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  definition_json TEXT NOT NULL CHECK (json_valid(definition_json)),
  source_text TEXT,
  UNIQUE (tenant_id, name, version)
) STRICT;
CREATE INDEX idx_workflows_owner ON workflows(owner_id);
CREATE INDEX idx_workflows_came_from ON workflows(came_from) WHERE came_from LIKE 'template:%';`;

const RUNS = `
CREATE TABLE workflow_runs (
  run_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL DEFAULT 'default',
  user_id TEXT NOT NULL DEFAULT 'local',
  workflow_id INTEGER REFERENCES workflows(id),
  workflow_name TEXT NOT NULL DEFAULT '',
  definition_version INTEGER,
  status TEXT NOT NULL CHECK (status IN (${words(RUN_STATUSES)})),
  status_reason TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  duration_ms INTEGER,
  due_at INTEGER,
  deadline_at INTEGER,
  ready_at INTEGER,
  lane TEXT NOT NULL DEFAULT '',
  priority INTEGER NOT NULL DEFAULT 0,
  lease_id TEXT,
  incarnation INTEGER NOT NULL DEFAULT 1,
  pause_requested INTEGER NOT NULL DEFAULT 0 CHECK (pause_requested IN (0, 1)),
  cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
  current_step TEXT,
  steps_done INTEGER NOT NULL DEFAULT 0,
  steps_total INTEGER NOT NULL DEFAULT 0,
  started_by TEXT NOT NULL DEFAULT 'api',
  parent_run_id TEXT,
  pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
  validation_mode TEXT NOT NULL DEFAULT 'block' CHECK (validation_mode IN ('block', 'non-block')),
  session_id TEXT,
  idempotency_key TEXT,
  request_hash TEXT,
  tokens_input INTEGER,
  tokens_output INTEGER,
  cost_usd REAL,
  error_code TEXT,
  error TEXT,
  error_hint TEXT,
  metadata_json TEXT CHECK (metadata_json IS NULL OR json_valid(metadata_json)),
  inputs_json TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(inputs_json)),
  outputs_json TEXT CHECK (outputs_json IS NULL OR json_valid(outputs_json)),
  definition_snapshot_json TEXT NOT NULL DEFAULT '{"steps":[]}' CHECK (json_valid(definition_snapshot_json)),
  CHECK ((ended_at IS NOT NULL) = (status IN (${words(TERMINAL_STATUSES)}))),
  CHECK (lease_id IS NULL OR status = 'running'),
  CHECK (ready_at IS NULL OR (lease_id IS NULL AND status IN ('queued', 'running')))
) STRICT;
CREATE INDEX idx_runs_created ON workflow_runs(created_at, run_id);
CREATE INDEX idx_runs_status ON workflow_runs(status, created_at, run_id);
CREATE INDEX idx_runs_workflow ON workflow_runs(workflow_name, created_at, run_id);
CREATE INDEX idx_runs_workflow_id ON workflow_runs(workflow_id, created_at, run_id);
CREATE INDEX idx_runs_ready ON workflow_runs(lane, priority DESC, ready_at, run_id) WHERE ready_at IS NOT NULL;
CREATE UNIQUE INDEX ux_runs_idempotency ON workflow_runs(tenant_id, user_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;`;

const STEP_RUNS = `
CREATE TABLE workflow_step_runs (
  step_run_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL DEFAULT 'default',
  run_id TEXT NOT NULL REFERENCES workflow_runs(run_id) ON DELETE CASCADE,
  step_id TEXT NOT NULL,
  visit INTEGER NOT NULL DEFAULT 1 CHECK (visit >= 1),
  incarnation INTEGER NOT NULL DEFAULT 1,
  phase TEXT NOT NULL DEFAULT 'main' CHECK (phase IN ('main', 'finally')),
  name TEXT,
  type TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN (${words(STEP_STATUSES)})),
  attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  next_attempt_at INTEGER,
  next_step TEXT,
  decision TEXT CHECK (decision IN ('approved', 'rejected')),
  assigned_to TEXT,
  approved_by TEXT,
  approved_at INTEGER,
  review_comment TEXT,
  locked_by TEXT,
  locked_at INTEGER,
  lock_expires_at INTEGER,
  heartbeat_at INTEGER,
  pid INTEGER,
  pgid INTEGER,
  workdir TEXT,
  stdout_path TEXT,
  stderr_path TEXT,
  error_code TEXT,
  error TEXT,
  error_hint TEXT,
  retryable INTEGER CHECK (retryable IN (0, 1)),
  inputs_json TEXT CHECK (inputs_json IS NULL OR json_valid(inputs_json)),
  outputs_json TEXT CHECK (outputs_json IS NULL OR json_valid(outputs_json)),
  UNIQUE (run_id, step_id, visit),
  CHECK ((ended_at IS NOT NULL) = (status IN ('succeeded', 'failed', 'skipped', 'cancelled')))
) STRICT;`;

const STEP_ATTEMPTS = `
CREATE TABLE workflow_step_attempts (
  attempt_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL DEFAULT 'default',
  run_id TEXT NOT NULL,
  step_run_id TEXT NOT NULL REFERENCES workflow_step_runs(step_run_id) ON DELETE CASCADE,
  step_id TEXT NOT NULL,
  attempt_number INTEGER NOT NULL CHECK (attempt_number >= 1),
  status TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  reason_code_core TEXT,
  reason_code_detail TEXT,
  retryable INTEGER CHECK (retryable IN (0, 1)),
  error_summary TEXT,
  metadata_json TEXT CHECK (metadata_json IS NULL OR json_valid(metadata_json)),
  PRIMARY KEY (step_run_id, attempt_number)
) STRICT, WITHOUT ROWID;`;

const EVENTS = `
CREATE TABLE workflow_events (
  event_id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id TEXT NOT NULL DEFAULT 'default',
  run_id TEXT NOT NULL REFERENCES workflow_runs(run_id) ON DELETE CASCADE,
  step_run_id TEXT,
  event_seq INTEGER NOT NULL CHECK (event_seq >= 1),
  event_type TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  payload_json TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(payload_json))
) STRICT;
CREATE UNIQUE INDEX ux_events_run_seq ON workflow_events(run_id, event_seq);
CREATE TABLE workflow_event_counters (
  run_id TEXT PRIMARY KEY REFERENCES workflow_runs(run_id) ON DELETE CASCADE,
  next_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;`;

const ARTIFACTS = `
CREATE TABLE workflow_artifacts (
  artifact_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL DEFAULT 'default',
  run_id TEXT NOT NULL REFERENCES workflow_runs(run_id) ON DELETE CASCADE,
  step_run_id TEXT,
  step_id TEXT,
  name TEXT NOT NULL DEFAULT '',
  type TEXT NOT NULL DEFAULT 'file',
  uri TEXT NOT NULL,
  size_bytes INTEGER NOT NULL DEFAULT 0,
  mime_type TEXT NOT NULL DEFAULT 'application/octet-stream',
  checksum_sha256 TEXT,
  encryption TEXT,
  owned_by TEXT,
  created_at INTEGER NOT NULL,
  metadata_json TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata_json))
) STRICT;
CREATE INDEX idx_artifacts_run ON workflow_artifacts(run_id);
CREATE INDEX idx_artifacts_checksum ON workflow_artifacts(checksum_sha256);`;

const WAITS_AND_TIMERS = `
CREATE TABLE workflow_waits (
  step_run_id TEXT PRIMARY KEY REFERENCES workflow_step_runs(step_run_id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL DEFAULT 'default',
  run_id TEXT NOT NULL,
  step_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('time', 'approval', 'human', 'interrupted')),
  status TEXT NOT NULL CHECK (status IN ('waiting', 'elapsed', 'approved', 'rejected', 'expired', 'resolved', 'cancelled')),
  due_at INTEGER,
  assigned_to TEXT,
  created_at INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by TEXT,
  instructions TEXT,
  form_schema_json TEXT CHECK (form_schema_json IS NULL OR json_valid(form_schema_json)),
  outputs_json TEXT CHECK (outputs_json IS NULL OR json_valid(outputs_json))
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_waits_open ON workflow_waits(created_at, step_run_id) WHERE status = 'waiting';
CREATE INDEX idx_waits_run ON workflow_waits(run_id) WHERE status = 'waiting';
CREATE TABLE workflow_timers (
  timer_id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES workflow_runs(run_id) ON DELETE CASCADE,
  step_run_id TEXT,
  kind TEXT NOT NULL CHECK (kind IN ('delay', 'retry', 'wait_deadline', 'run_deadline')),
  due_at INTEGER NOT NULL
) STRICT;
CREATE INDEX idx_timers_due ON workflow_timers(due_at);
CREATE INDEX idx_timers_run ON workflow_timers(run_id);`;

const REST = `
CREATE TABLE workflow_state (
  tenant_id TEXT NOT NULL DEFAULT 'default',
  workflow_name TEXT NOT NULL,
  key TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  value_json TEXT NOT NULL CHECK (json_valid(value_json)),
  PRIMARY KEY (tenant_id, workflow_name, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE workflow_backups (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('snapshot', 'bundle')),
  label TEXT,
  path TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'verified', 'failed', 'cancelled')),
  size_bytes INTEGER,
  sha256 TEXT,
  duration_ms INTEGER,
  restarts INTEGER,
  runs INTEGER,
  events INTEGER,
  schema_version INTEGER,
  created_at INTEGER NOT NULL,
  error_json TEXT CHECK (error_json IS NULL OR json_valid(error_json))
) STRICT, WITHOUT ROWID;`;

/** The version stands alone in one row, as the runbook reads it; how it came to be is kept beside it. */
export const VERSION_TABLES = `
CREATE TABLE workflow_schema_version (
  version INTEGER NOT NULL,
  only_row INTEGER NOT NULL DEFAULT 1 UNIQUE CHECK (only_row = 1)
) STRICT;
CREATE TABLE workflow_schema_history (
  version INTEGER NOT NULL,
  applied_at INTEGER NOT NULL,
  app_version TEXT NOT NULL,
  note TEXT NOT NULL
) STRICT;`;

export const TABLES = [WORKFLOWS, RUNS, STEP_RUNS, STEP_ATTEMPTS, EVENTS, ARTIFACTS, WAITS_AND_TIMERS, REST].join("\n");
