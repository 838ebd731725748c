/** Step runs (one row per visit of a step) and their attempts. */
import type { Database } from "better-sqlite3";
import type { StepStatus } from "../../../shared/transitions.ts";
import type { Phase } from "../facts.ts";

export interface StepRunRow {
  stepRunId: string;
  runId: string;
  stepId: string;
  visit: number;
  incarnation: number;
  phase: Phase;
  name: string | null;
  type: string;
  status: StepStatus;
  attempt: number;
  startedAt: number;
  endedAt: number | null;
  nextAttemptAt: number | null;
  nextStep: string | null;
  decision: "approved" | "rejected" | null;
  reviewComment: string | null;
  errorCode: string | null;
  error: string | null;
  errorHint: string | null;
  retryable: 0 | 1 | null;
  inputsJson: string | null;
  outputsJson: string | null;
}

/** A step run for showing: outputs beyond `SHOWN_OUTPUT_CHARS` are cut off, and then are no JSON any more. */
export interface ShownStepRunRow extends StepRunRow {
  outputsCut: 0 | 1;
}

export interface AttemptRow {
  attemptId: string;
  stepRunId: string;
  stepId: string;
  attemptNumber: number;
  status: string;
  startedAt: number;
  endedAt: number | null;
  reasonCodeCore: string | null;
  reasonCodeDetail: string | null;
  retryable: 0 | 1 | null;
  errorSummary: string | null;
  metadataJson: string | null;
}

/** The part of a step run that changes while it lives. */
export interface StepRunState {
  stepRunId: string;
  status: StepStatus;
  attempt: number;
  endedAt: number | null;
  nextAttemptAt: number | null;
  nextStep: string | null;
  assignedTo: string | null;
  heartbeatAt: number;
  errorCode: string | null;
  error: string | null;
  errorHint: string | null;
  retryable: 0 | 1 | null;
  outputsJson: string | null;
}

export interface NewStepRun extends StepRunState {
  runId: string;
  stepId: string;
  visit: number;
  incarnation: number;
  phase: Phase;
  name: string | null;
  type: string;
  startedAt: number;
  lockedBy: string | null;
  inputsJson: string | null;
}

export interface AttemptState {
  runId: string;
  stepRunId: string;
  stepId: string;
  attempt: number;
  status: string;
  startedAt: number;
  endedAt: number | null;
  reasonCode: string | null;
  reasonDetail: string | null;
  retryable: 0 | 1 | null;
  errorSummary: string | null;
  metadataJson: string | null;
}

const COLUMNS = `step_run_id AS stepRunId, run_id AS runId, step_id AS stepId, visit, incarnation, phase, name, type,
  status, attempt, started_at AS startedAt, ended_at AS endedAt, next_attempt_at AS nextAttemptAt,
  next_step AS nextStep, decision, review_comment AS reviewComment, error_code AS errorCode, error,
  error_hint AS errorHint, retryable, inputs_json AS inputsJson, outputs_json AS outputsJson`;

/** 64 Ki; a page of steps must not carry megabytes of outputs. */
const SHOWN_OUTPUT_CHARS = 65_536;

const SHOWN_COLUMNS = COLUMNS.replace(
  "outputs_json AS outputsJson",
  `substr(outputs_json, 1, ${SHOWN_OUTPUT_CHARS}) AS outputsJson,
  coalesce(length(outputs_json) > ${SHOWN_OUTPUT_CHARS}, 0) AS outputsCut`,
);

const ATTEMPT_COLUMNS = `a.attempt_id AS attemptId, a.step_run_id AS stepRunId, a.step_id AS stepId,
  a.attempt_number AS attemptNumber, a.status, a.started_at AS startedAt, a.ended_at AS endedAt,
  a.reason_code_core AS reasonCodeCore, a.reason_code_detail AS reasonCodeDetail, a.retryable,
  a.error_summary AS errorSummary, a.metadata_json AS metadataJson`;

const INSERT = `
  INSERT INTO workflow_step_runs (step_run_id, run_id, step_id, visit, incarnation, phase, name, type, status, attempt,
    started_at, ended_at, next_attempt_at, next_step, assigned_to, locked_by, locked_at, heartbeat_at, error_code, error,
    error_hint, retryable, inputs_json, outputs_json)
  VALUES (@stepRunId, @runId, @stepId, @visit, @incarnation, @phase, @name, @type, @status, @attempt,
    @startedAt, @endedAt, @nextAttemptAt, @nextStep, @assignedTo, @lockedBy, @startedAt, @heartbeatAt, @errorCode, @error,
    @errorHint, @retryable, @inputsJson, @outputsJson)`;

const UPDATE = `
  UPDATE workflow_step_runs SET status = @status, attempt = @attempt, ended_at = @endedAt,
    next_attempt_at = @nextAttemptAt, next_step = @nextStep, assigned_to = coalesce(@assignedTo, assigned_to),
    heartbeat_at = @heartbeatAt, error_code = @errorCode, error = @error, error_hint = @errorHint,
    retryable = @retryable, outputs_json = @outputsJson
  WHERE step_run_id = @stepRunId AND status NOT IN ('succeeded', 'failed', 'skipped', 'cancelled')`;

/** Attempt ids are `{step_run_id}:{attempt_number}`. */
const SAVE_ATTEMPT = `
  INSERT INTO workflow_step_attempts (attempt_id, run_id, step_run_id, step_id, attempt_number, status, started_at,
    ended_at, reason_code_core, reason_code_detail, retryable, error_summary, metadata_json)
  VALUES (@stepRunId || ':' || @attempt, @runId, @stepRunId, @stepId, @attempt, @status, @startedAt,
    @endedAt, @reasonCode, @reasonDetail, @retryable, @errorSummary, @metadataJson)
  ON CONFLICT (step_run_id, attempt_number) DO UPDATE SET status = excluded.status, ended_at = excluded.ended_at,
    reason_code_core = excluded.reason_code_core, reason_code_detail = excluded.reason_code_detail,
    retryable = excluded.retryable, error_summary = excluded.error_summary`;

const DECIDE = `
  UPDATE workflow_step_runs SET status = @status, ended_at = @at, decision = @decision, approved_by = @by,
    approved_at = @at, review_comment = @comment, error_code = @errorCode, error = @error, outputs_json = @outputsJson
  WHERE step_run_id = @stepRunId AND status IN ('waiting_human', 'waiting_approval')`;

/** A wait for a time is over: its step has done what it was there for. */
const ELAPSE = `
  UPDATE workflow_step_runs SET status = 'succeeded', ended_at = @at, outputs_json = @outputsJson
  WHERE step_run_id = @stepRunId AND status = 'waiting'`;

/** A step of a dead host: either it may simply run again, or a person has to say what became of it. */
const ABANDON = `
  UPDATE workflow_step_runs SET status = @status, next_attempt_at = @nextAttemptAt
  WHERE step_run_id = @stepRunId AND status = 'running'`;

const RESOLVE = `
  UPDATE workflow_step_runs SET status = @status, ended_at = @endedAt, next_attempt_at = @nextAttemptAt,
    error_code = @errorCode, error = @error, retryable = @retryable, outputs_json = @outputsJson
  WHERE step_run_id = @stepRunId AND status = 'interrupted'`;

/** A step that waits is passed over; what its last attempt left goes with it. */
const SKIP = `
  UPDATE workflow_step_runs SET status = 'skipped', ended_at = @at, next_attempt_at = NULL, error_code = NULL,
    error = NULL, error_hint = NULL, retryable = NULL, outputs_json = NULL
  WHERE step_run_id = @stepRunId
    AND status IN ('waiting', 'waiting_human', 'waiting_approval', 'interrupted', 'retrying')`;

const CLOSE_OPEN = `
  UPDATE workflow_step_runs SET status = 'cancelled', ended_at = @at, next_attempt_at = NULL
  WHERE run_id = @runId AND status NOT IN ('succeeded', 'failed', 'skipped', 'cancelled')`;

export type StepRunsTable = ReturnType<typeof stepRunsTable>;

export function stepRunsTable(db: Database) {
  const insert = db.prepare(INSERT);
  const update = db.prepare(UPDATE);
  const saveAttempt = db.prepare(SAVE_ATTEMPT);
  const ofRun = db.prepare<[string], StepRunRow>(
    `SELECT ${COLUMNS} FROM workflow_step_runs WHERE run_id = ? ORDER BY rowid`,
  );
  const get = db.prepare<[string], StepRunRow>(`SELECT ${COLUMNS} FROM workflow_step_runs WHERE step_run_id = ?`);
  const latest = db.prepare<[string, string], StepRunRow>(
    `SELECT ${COLUMNS} FROM workflow_step_runs WHERE run_id = ? AND step_id = ? ORDER BY visit DESC LIMIT 1`,
  );
  const shown = db.prepare<[string], ShownStepRunRow>(
    `SELECT ${SHOWN_COLUMNS} FROM workflow_step_runs WHERE run_id = ? ORDER BY rowid`,
  );
  const attempts = db.prepare<[string], AttemptRow>(
    `SELECT ${ATTEMPT_COLUMNS} FROM workflow_step_attempts a WHERE a.step_run_id = ? ORDER BY a.attempt_number`,
  );
  const attemptsOfStep = db.prepare<[string, string], AttemptRow>(
    `SELECT ${ATTEMPT_COLUMNS} FROM workflow_step_runs s JOIN workflow_step_attempts a ON a.step_run_id = s.step_run_id
     WHERE s.run_id = ? AND s.step_id = ? ORDER BY s.visit, a.attempt_number`,
  );
  const decide = db.prepare(DECIDE);
  const closeOpen = db.prepare(CLOSE_OPEN);
  const recordChild = db.prepare(
    "UPDATE workflow_step_runs SET pid = @pid, pgid = @pgid WHERE step_run_id = @stepRunId",
  );
  const elapse = db.prepare(ELAPSE);
  const abandon = db.prepare(ABANDON);
  const resolve = db.prepare(RESOLVE);
  const skip = db.prepare(SKIP);
  const open = db.prepare<[string], { stepRunId: string; stepId: string }>(
    `SELECT step_run_id AS stepRunId, step_id AS stepId FROM workflow_step_runs
     WHERE run_id = ? AND status NOT IN ('succeeded', 'failed', 'skipped', 'cancelled') ORDER BY rowid`,
  );
  const cancelAttempts = db.prepare(
    `UPDATE workflow_step_attempts SET status = 'cancelled', ended_at = @at
     WHERE step_run_id = @stepRunId AND ended_at IS NULL`,
  );
  const endAttempt = db.prepare(
    `UPDATE workflow_step_attempts SET status = @status, ended_at = @at, reason_code_core = @reasonCode,
       error_summary = @summary, retryable = @retryable
     WHERE step_run_id = @stepRunId AND attempt_number = @attempt AND ended_at IS NULL`,
  );

  return {
    insert: (row: NewStepRun): void => void insert.run(row),
    /** False if the step run is over already: what is over never changes. */
    update: (state: StepRunState): boolean => update.run(state).changes === 1,
    saveAttempt: (attempt: AttemptState): void => void saveAttempt.run(attempt),
    /** Oldest first. */
    ofRun: (runId: string): StepRunRow[] => ofRun.all(runId),
    get: (stepRunId: string): StepRunRow | undefined => get.get(stepRunId),
    latest: (runId: string, stepId: string): StepRunRow | undefined => latest.get(runId, stepId),
    attempts: (stepRunId: string): AttemptRow[] => attempts.all(stepRunId),
    /** Of every visit of a step, oldest first. */
    attemptsOfStep: (runId: string, stepId: string): AttemptRow[] => attemptsOfStep.all(runId, stepId),
    /** As `ofRun`, with big outputs cut short. */
    shown: (runId: string): ShownStepRunRow[] => shown.all(runId),
    endAttempt: (end: {
      stepRunId: string;
      attempt: number;
      status: string;
      at: number;
      reasonCode: string | null;
      summary: string | null;
      retryable: 0 | 1 | null;
    }): void => void endAttempt.run(end),
    /** Compare-and-set of a person's decision: false if somebody decided before. */
    decide: (decision: {
      stepRunId: string;
      status: "succeeded" | "failed";
      decision: "approved" | "rejected" | null;
      at: number;
      by: string | null;
      comment: string | null;
      errorCode: string | null;
      error: string | null;
      outputsJson: string;
    }): boolean => decide.run(decision).changes === 1,
    elapse: (end: { stepRunId: string; at: number; outputsJson: string | null }): boolean =>
      elapse.run(end).changes === 1,
    abandon: (change: {
      stepRunId: string;
      status: "retrying" | "interrupted";
      nextAttemptAt: number | null;
    }): boolean => abandon.run(change).changes === 1,
    /** A person's word on an interrupted step; false if it is not interrupted (any more). */
    resolve: (change: {
      stepRunId: string;
      status: "retrying" | "succeeded" | "skipped" | "failed";
      endedAt: number | null;
      nextAttemptAt: number | null;
      errorCode: string | null;
      error: string | null;
      retryable: 0 | 1 | null;
      outputsJson: string | null;
    }): boolean => resolve.run(change).changes === 1,
    skip: (change: { stepRunId: string; at: number }): void => void skip.run(change),
    recordChild: (child: { stepRunId: string; pid: number; pgid: number | null }): void => void recordChild.run(child),
    /** Ends whatever is still open when its run ends, attempts too; gives the ids of those steps. */
    closeOpen(runId: string, at: number): string[] {
      const left = open.all(runId);
      for (const { stepRunId } of left) cancelAttempts.run({ stepRunId, at });
      if (left.length > 0) closeOpen.run({ runId, at });
      return left.map(({ stepId }) => stepId);
    },
  };
}
