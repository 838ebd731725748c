/** Runs: one row each, from the moment it was asked for to the day retention takes it. Lists are in `run-list.ts`. */
import type { Database } from "better-sqlite3";
import { isTerminal, RUN_STATUSES, type RunStatus } from "../../../shared/transitions.ts";

/** Everything about a run that is small. Times are epoch milliseconds. */
export interface RunRow {
  runId: string;
  tenantId: string;
  userId: string;
  workflowId: number | null;
  workflowName: string;
  definitionVersion: number | null;
  status: RunStatus;
  statusReason: string | null;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  durationMs: number | null;
  dueAt: number | null;
  deadlineAt: number | null;
  readyAt: number | null;
  lane: string;
  priority: number;
  leaseId: string | null;
  incarnation: number;
  pauseRequested: 0 | 1;
  cancelRequested: 0 | 1;
  currentStep: string | null;
  stepsDone: number;
  stepsTotal: number;
  startedBy: string;
  parentRunId: string | null;
  pinned: 0 | 1;
  validationMode: "block" | "non-block";
  errorCode: string | null;
  error: string | null;
}

/** A run with its payloads. */
export interface FullRunRow extends RunRow {
  sessionId: string | null;
  idempotencyKey: string | null;
  requestHash: string | null;
  tokensInput: number | null;
  tokensOutput: number | null;
  costUsd: number | null;
  errorHint: string | null;
  metadataJson: string | null;
  inputsJson: string;
  outputsJson: string | null;
}

export interface NewRun {
  runId: string;
  workflowId: number | null;
  workflowName: string;
  definitionVersion: number | null;
  createdAt: number;
  lane: string;
  priority: number;
  stepsTotal: number;
  startedBy: string;
  parentRunId: string | null;
  validationMode: "block" | "non-block";
  sessionId: string | null;
  idempotencyKey: string | null;
  requestHash: string | null;
  metadataJson: string | null;
  inputsJson: string;
  definitionJson: string;
}

/** A run as the dispatcher sees it. */
export interface LaneRow {
  runId: string;
  workflowId: number | null;
  /** It has been at work before. */
  begun: 0 | 1;
}

/** What a record writes to the run's row in one statement. */
export interface RunUpdate {
  runId: string;
  expectedLease: string | null;
  status: RunStatus;
  statusReason: string | null;
  leaseId: string | null;
  startedAt: number | null;
  endedAt: number | null;
  durationMs: number | null;
  dueAt: number | null;
  deadlineAt: number | null;
  currentStep: string | null;
  stepsDone: number;
  errorCode: string | null;
  error: string | null;
  errorHint: string | null;
  outputsJson: string | null;
}

export const RUN_COLUMNS = `run_id AS runId, tenant_id AS tenantId, user_id AS userId, workflow_id AS workflowId,
  workflow_name AS workflowName, definition_version AS definitionVersion, status, status_reason AS statusReason,
  created_at AS createdAt, started_at AS startedAt, ended_at AS endedAt, duration_ms AS durationMs, due_at AS dueAt,
  deadline_at AS deadlineAt, ready_at AS readyAt, lane, priority, lease_id AS leaseId, incarnation,
  pause_requested AS pauseRequested, cancel_requested AS cancelRequested, current_step AS currentStep,
  steps_done AS stepsDone, steps_total AS stepsTotal, started_by AS startedBy, parent_run_id AS parentRunId, pinned,
  validation_mode AS validationMode, error_code AS errorCode, error`;

const FULL_COLUMNS = `${RUN_COLUMNS}, session_id AS sessionId, idempotency_key AS idempotencyKey,
  request_hash AS requestHash, tokens_input AS tokensInput, tokens_output AS tokensOutput, cost_usd AS costUsd,
  error_hint AS errorHint, metadata_json AS metadataJson, inputs_json AS inputsJson, outputs_json AS outputsJson`;

const INSERT = `
  INSERT INTO workflow_runs (run_id, workflow_id, workflow_name, definition_version, status, created_at, ready_at, lane,
    priority, steps_total, started_by, parent_run_id, validation_mode, session_id, idempotency_key, request_hash,
    metadata_json, inputs_json, definition_snapshot_json)
  VALUES (@runId, @workflowId, @workflowName, @definitionVersion, 'queued', @createdAt, @createdAt, @lane,
    @priority, @stepsTotal, @startedBy, @parentRunId, @validationMode, @sessionId, @idempotencyKey, @requestHash,
    @metadataJson, @inputsJson, @definitionJson)`;

const UPDATE = `
  UPDATE workflow_runs SET status = @status, status_reason = @statusReason, lease_id = @leaseId, ready_at = NULL,
    started_at = @startedAt, ended_at = @endedAt, duration_ms = @durationMs, due_at = @dueAt,
    deadline_at = @deadlineAt, current_step = @currentStep, steps_done = @stepsDone, error_code = @errorCode,
    error = @error, error_hint = @errorHint, outputs_json = @outputsJson
  WHERE run_id = @runId AND lease_id IS @expectedLease`;

const PROGRESS = `
  UPDATE workflow_runs SET current_step = @currentStep, steps_done = @stepsDone
  WHERE run_id = @runId AND lease_id = @leaseId`;

/** Lanes that have a run waiting for a slot: a loose scan that jumps from lane to lane along the partial index. */
const READY_LANES = `
  WITH RECURSIVE found(lane) AS (
    SELECT min(lane) FROM workflow_runs WHERE ready_at IS NOT NULL
    UNION ALL
    SELECT (SELECT min(r.lane) FROM workflow_runs r WHERE r.ready_at IS NOT NULL AND r.lane > found.lane)
    FROM found WHERE found.lane IS NOT NULL
  )
  SELECT lane FROM found WHERE lane IS NOT NULL`;

const READY_OF_LANE = `
  SELECT run_id AS runId, workflow_id AS workflowId, started_at IS NOT NULL AS begun FROM workflow_runs
  WHERE ready_at IS NOT NULL AND lane = ? ORDER BY priority DESC, ready_at, run_id LIMIT ?`;

/** Those that were parked or left by a dead host, and have a slot to come back to. */
const BEGUN_OF_LANE = `
  SELECT run_id AS runId, workflow_id AS workflowId, 1 AS begun FROM workflow_runs
  WHERE ready_at IS NOT NULL AND lane = ? AND started_at IS NOT NULL
  ORDER BY priority DESC, ready_at, run_id LIMIT ?`;

const UNFINISHED_OF_LANE = `
  SELECT run_id AS runId, workflow_id AS workflowId, started_at IS NOT NULL AS begun FROM workflow_runs
  WHERE status IN (SELECT value FROM json_each(@statuses)) AND lane = @lane ORDER BY created_at, run_id`;
const AT_WORK_OF_LANE = `
  SELECT run_id FROM workflow_runs
  WHERE status IN (SELECT value FROM json_each(@statuses)) AND lane = @lane AND started_at IS NOT NULL`;
const UNFINISHED = JSON.stringify(RUN_STATUSES.filter((status) => !isTerminal(status)));

const QUEUE_AGAIN = `
  UPDATE workflow_runs SET status = 'queued', status_reason = @reason, ready_at = @at, due_at = NULL,
    pause_requested = iif(status = 'paused', 0, pause_requested) -- a pause that was promised is kept
  WHERE run_id = @runId AND lease_id IS NULL AND status IN ('waiting', 'paused', 'waiting_human', 'waiting_approval')`;

const BEGIN_AGAIN = `
  UPDATE workflow_runs SET status = 'queued', status_reason = NULL, ready_at = @at, due_at = NULL, deadline_at = NULL,
    ended_at = NULL, duration_ms = NULL, error_code = NULL, error = NULL, error_hint = NULL, outputs_json = NULL,
    pause_requested = 0, cancel_requested = 0, incarnation = incarnation + 1
  WHERE run_id = @runId AND status IN ('failed', 'cancelled')`;

/** Left running by a host that is gone: no worker of this process has them yet. */
const RELEASE_ABANDONED = `
  UPDATE workflow_runs SET lease_id = NULL, ready_at = @at WHERE status = 'running' AND lease_id IS NOT NULL`;

const END_IDLE = `
  UPDATE workflow_runs SET status = 'cancelled', status_reason = 'cancelled_by_user', cancel_requested = 1,
    pause_requested = 0, ready_at = NULL, due_at = NULL, ended_at = @at, duration_ms = @at - coalesce(started_at, @at)
  WHERE run_id = @runId AND lease_id IS NULL AND status NOT IN ('succeeded', 'failed', 'cancelled')`;

export type RunsTable = ReturnType<typeof runsTable>;

export function runsTable(db: Database) {
  const insert = db.prepare(INSERT);
  const get = db.prepare<[string], FullRunRow>(`SELECT ${FULL_COLUMNS} FROM workflow_runs WHERE run_id = ?`);
  const summary = db.prepare<[string], RunRow>(`SELECT ${RUN_COLUMNS} FROM workflow_runs WHERE run_id = ?`);
  const snapshot = db
    .prepare<[string], string>("SELECT definition_snapshot_json FROM workflow_runs WHERE run_id = ?")
    .pluck();
  const byKey = db.prepare<[string], FullRunRow>(
    `SELECT ${FULL_COLUMNS} FROM workflow_runs WHERE tenant_id = 'default' AND user_id = 'local' AND idempotency_key = ?`,
  );
  const forgetKey = db.prepare("UPDATE workflow_runs SET idempotency_key = NULL WHERE run_id = ?");
  const update = db.prepare(UPDATE);
  const progress = db.prepare(PROGRESS);
  const readyLanes = db.prepare<[], string>(READY_LANES).pluck();
  const readyOfLane = db.prepare<[string, number], LaneRow>(READY_OF_LANE);
  const begunOfLane = db.prepare<[string, number], LaneRow>(BEGUN_OF_LANE);
  const atWorkOfLane = db.prepare<{ lane: string; statuses: string }, string>(AT_WORK_OF_LANE).pluck();
  const unfinishedOfLane = db.prepare<{ lane: string; statuses: string }, LaneRow>(UNFINISHED_OF_LANE);
  const readyCount = db.prepare<[], number>("SELECT count(*) FROM workflow_runs WHERE ready_at IS NOT NULL").pluck();
  const queueAgain = db.prepare(QUEUE_AGAIN);
  const beginAgain = db.prepare(BEGIN_AGAIN);
  const releaseAbandoned = db.prepare(RELEASE_ABANDONED);
  const abandoned = db
    .prepare<[], string>("SELECT run_id FROM workflow_runs WHERE status = 'running' ORDER BY created_at, run_id")
    .pluck();
  const endIdle = db.prepare(END_IDLE);
  const requestCancel = db.prepare("UPDATE workflow_runs SET cancel_requested = 1 WHERE run_id = ?");
  const requestPause = db.prepare("UPDATE workflow_runs SET pause_requested = @on WHERE run_id = @runId");
  const pauseIdle = db.prepare(
    `UPDATE workflow_runs SET status = 'paused', status_reason = 'paused_by_user', pause_requested = 1, ready_at = NULL,
       due_at = NULL WHERE run_id = ? AND lease_id IS NULL AND status IN ('queued', 'waiting')`,
  );
  const reach = db.prepare(
    "UPDATE workflow_runs SET current_step = @stepId, steps_done = @stepsDone WHERE run_id = @runId",
  );
  const pin = db.prepare("UPDATE workflow_runs SET pinned = @pinned WHERE run_id = @runId");
  const remove = db.prepare("DELETE FROM workflow_runs WHERE run_id = ?");
  const setReason = db.prepare("UPDATE workflow_runs SET status_reason = @reason WHERE run_id = @runId");

  return {
    insert: (run: NewRun): void => void insert.run(run),
    get: (runId: string): FullRunRow | undefined => get.get(runId),
    summary: (runId: string): RunRow | undefined => summary.get(runId),
    /** The definition as it was when the run was made, as JSON text. */
    snapshot: (runId: string): string | undefined => snapshot.get(runId),
    byIdempotencyKey: (key: string): FullRunRow | undefined => byKey.get(key),
    /** An old run gives up its key, so that the key can be used anew. */
    forgetIdempotencyKey: (runId: string): void => void forgetKey.run(runId),
    /** True if the row still had the expected lease. */
    update: (change: RunUpdate): boolean => update.run(change).changes === 1,
    progress: (change: { runId: string; leaseId: string; currentStep: string | null; stepsDone: number }): boolean =>
      progress.run(change).changes === 1,
    readyLanes: (): string[] => readyLanes.all(),
    readyOfLane: (lane: string, limit: number): LaneRow[] => readyOfLane.all(lane, limit),
    /** As `readyOfLane`, only those that have begun before. */
    begunOfLane: (lane: string, limit: number): LaneRow[] => begunOfLane.all(lane, limit),
    /** Runs that have begun and not ended, parked ones among them. */
    atWorkOfLane: (lane: string): string[] => atWorkOfLane.all({ lane, statuses: UNFINISHED }),
    /** Oldest first; costs by the unfinished runs of all lanes. */
    unfinishedOfLane: (lane: string): LaneRow[] => unfinishedOfLane.all({ lane, statuses: UNFINISHED }),
    readyCount: (): number => readyCount.get() ?? 0,
    /** A parked run may have a slot again. False if it is not parked. */
    queueAgain: (change: { runId: string; at: number; reason: string | null }): boolean =>
      queueAgain.run(change).changes === 1,
    /** An ended run gets a new incarnation. False if it has not failed or been cancelled. */
    beginAgain: (change: { runId: string; at: number }): boolean => beginAgain.run(change).changes === 1,
    abandoned: (): string[] => abandoned.all(),
    releaseAbandoned: (at: number): number => releaseAbandoned.run({ at }).changes,
    /** End a run that no worker holds. */
    endIdle: (change: { runId: string; at: number }): boolean => endIdle.run(change).changes === 1,
    requestCancel: (runId: string): void => void requestCancel.run(runId),
    requestPause: (runId: string, on: 0 | 1): void => void requestPause.run({ runId, on }),
    pauseIdle: (runId: string): boolean => pauseIdle.run(runId).changes === 1,
    /** A run that no worker holds got past steps without running them. */
    reach: (to: { runId: string; stepId: string; stepsDone: number }): void => void reach.run(to),
    pin: (runId: string, pinned: 0 | 1): void => void pin.run({ runId, pinned }),
    /** With all that belongs to it; its artifacts' files are somebody else's business. */
    remove: (runId: string): void => void remove.run(runId),
    setReason: (runId: string, reason: string): void => void setReason.run({ runId, reason }),
  };
}
