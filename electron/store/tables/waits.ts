/** Waits (a step parked for a time or a person) and the timers that end them. Both are rows, so a restart loses none. */
import type { Database } from "better-sqlite3";

export type WaitKind = "time" | "approval" | "human" | "interrupted";
export type WaitOutcome = "elapsed" | "approved" | "rejected" | "expired" | "resolved" | "cancelled";

export interface WaitRow {
  stepRunId: string;
  runId: string;
  stepId: string;
  kind: WaitKind;
  status: "waiting" | WaitOutcome;
  dueAt: number | null;
  assignedTo: string | null;
  createdAt: number;
  instructions: string | null;
  formSchemaJson: string | null;
  outputsJson: string | null;
}

export interface InboxRow extends WaitRow {
  workflowName: string;
  workflowId: number | null;
  stepName: string | null;
}

export interface TimerRow {
  timerId: number;
  runId: string;
  stepRunId: string | null;
  kind: "delay" | "retry" | "wait_deadline" | "run_deadline";
  dueAt: number;
}

const COLUMNS = `w.step_run_id AS stepRunId, w.run_id AS runId, w.step_id AS stepId, w.kind, w.status,
  w.due_at AS dueAt, w.assigned_to AS assignedTo, w.created_at AS createdAt, w.instructions,
  w.form_schema_json AS formSchemaJson, w.outputs_json AS outputsJson`;

export function waitsTable(db: Database) {
  const insert = db.prepare(
    `INSERT INTO workflow_waits (step_run_id, run_id, step_id, kind, status, due_at, assigned_to, created_at,
       instructions, form_schema_json, outputs_json)
     VALUES (@stepRunId, @runId, @stepId, @kind, 'waiting', @dueAt, @assignedTo, @createdAt, @instructions,
       @formSchemaJson, @outputsJson)
     ON CONFLICT (step_run_id) DO UPDATE SET kind = excluded.kind, status = 'waiting', due_at = excluded.due_at,
       created_at = excluded.created_at, decided_at = NULL, decided_by = NULL`,
  );
  const settle = db.prepare(
    `UPDATE workflow_waits SET status = @outcome, decided_at = @at, decided_by = @by
     WHERE step_run_id = @stepRunId AND status = 'waiting'`,
  );
  const cancelOfRun = db.prepare(
    "UPDATE workflow_waits SET status = 'cancelled', decided_at = @at WHERE run_id = @runId AND status = 'waiting'",
  );
  const get = db.prepare<[string], WaitRow>(`SELECT ${COLUMNS} FROM workflow_waits w WHERE w.step_run_id = ?`);
  const openOfRun = db.prepare<[string], WaitRow>(
    `SELECT ${COLUMNS} FROM workflow_waits w WHERE w.run_id = ? AND w.status = 'waiting'`,
  );
  const inbox = db.prepare<[number], InboxRow>(
    `SELECT ${COLUMNS}, r.workflow_name AS workflowName, r.workflow_id AS workflowId, s.name AS stepName
     FROM workflow_waits w JOIN workflow_runs r ON r.run_id = w.run_id
       JOIN workflow_step_runs s ON s.step_run_id = w.step_run_id
     WHERE w.status = 'waiting' AND w.kind <> 'time' AND r.tenant_id = 'default' AND r.user_id = 'local'
     ORDER BY w.created_at, w.step_run_id LIMIT ?`,
  );
  const addTimer = db.prepare(
    "INSERT INTO workflow_timers (run_id, step_run_id, kind, due_at) VALUES (@runId, @stepRunId, @kind, @dueAt)",
  );
  const due = db.prepare<[number, number], TimerRow>(
    `SELECT timer_id AS timerId, run_id AS runId, step_run_id AS stepRunId, kind, due_at AS dueAt
     FROM workflow_timers WHERE due_at <= ? ORDER BY due_at, timer_id LIMIT ?`,
  );
  const nextDue = db.prepare<[], number | null>("SELECT min(due_at) FROM workflow_timers").pluck();
  const dropTimer = db.prepare("DELETE FROM workflow_timers WHERE timer_id = ?");
  const dropTimersOfRun = db.prepare("DELETE FROM workflow_timers WHERE run_id = ?");
  const dropTimersOfStep = db.prepare("DELETE FROM workflow_timers WHERE run_id = @runId AND step_run_id = @stepRunId");

  return {
    insert: (wait: {
      stepRunId: string;
      runId: string;
      stepId: string;
      kind: WaitKind;
      dueAt: number | null;
      assignedTo: string | null;
      createdAt: number;
      instructions: string | null;
      formSchemaJson: string | null;
      outputsJson: string | null;
    }): void => void insert.run(wait),
    /** Compare-and-set: false if the wait is over already. */
    settle: (end: { stepRunId: string; outcome: WaitOutcome; at: number; by: string | null }): boolean =>
      settle.run(end).changes === 1,
    cancelOfRun: (runId: string, at: number): void => void cancelOfRun.run({ runId, at }),
    get: (stepRunId: string): WaitRow | undefined => get.get(stepRunId),
    openOfRun: (runId: string): WaitRow[] => openOfRun.all(runId),
    /** What waits for a person, longest first. */
    inbox: (limit: number): InboxRow[] => inbox.all(limit),
    addTimer: (timer: Omit<TimerRow, "timerId">): void => void addTimer.run(timer),
    dueTimers: (now: number, limit: number): TimerRow[] => due.all(now, limit),
    nextDueAt: (): number | null => nextDue.get() ?? null,
    dropTimer: (timerId: number): void => void dropTimer.run(timerId),
    dropTimersOfRun: (runId: string): void => void dropTimersOfRun.run(runId),
    dropTimersOfStep: (runId: string, stepRunId: string): void => void dropTimersOfStep.run({ runId, stepRunId }),
  };
}
