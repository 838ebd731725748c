/**
 * What must hold in every database whatever was done to its host, told as SQL over a file that no host has open: each
 * query finds what breaks a rule, so an empty answer is a sound file. Knows nothing of the engine's code.
 */
import Database from "better-sqlite3";

const TERMINAL = "('succeeded', 'failed', 'cancelled')";
const STEP_OVER = "('succeeded', 'failed', 'skipped', 'cancelled')";
const TERMINAL_EVENTS = "('run_completed', 'run_failed', 'run_cancelled')";

/** A sentence, and the rows that make it untrue. */
const RULES: Readonly<Record<string, string>> = {
  "the events of a run are numbered 1, 2, 3 …, and its counter says the last number": `
    SELECT r.run_id, count(e.event_id) AS events, min(e.event_seq) AS first, max(e.event_seq) AS last, c.next_seq
    FROM workflow_runs r LEFT JOIN workflow_events e ON e.run_id = r.run_id
      LEFT JOIN workflow_event_counters c ON c.run_id = r.run_id
    GROUP BY r.run_id
    HAVING count(e.event_id) = 0 OR min(e.event_seq) <> 1 OR max(e.event_seq) <> count(*) OR c.next_seq IS NOT max(e.event_seq)`,
  "event numbers follow the order in which the events were written": `
    SELECT a.run_id, a.event_seq FROM workflow_events a JOIN workflow_events b
      ON b.run_id = a.run_id AND b.event_seq = a.event_seq + 1 WHERE b.event_id < a.event_id`,
  "each incarnation of a run ends once, and a run that goes on has not ended": `
    SELECT r.run_id, r.status, r.incarnation,
      (SELECT count(*) FROM workflow_events e WHERE e.run_id = r.run_id AND e.event_type IN ${TERMINAL_EVENTS}) AS ends
    FROM workflow_runs r WHERE ends <> r.incarnation - (r.status NOT IN ${TERMINAL})`,
  "nothing follows the end of an incarnation but its retry": `
    SELECT e.run_id, e.event_seq, e.event_type, n.event_type AS next FROM workflow_events e
      JOIN workflow_events n ON n.run_id = e.run_id AND n.event_seq = e.event_seq + 1
    WHERE e.event_type IN ${TERMINAL_EVENTS} AND n.event_type <> 'run_retried'`,
  "a run that has ended says so last, by the name of its status": `
    SELECT r.run_id, r.status, e.event_type FROM workflow_runs r
      JOIN workflow_events e ON e.run_id = r.run_id
        AND e.event_seq = (SELECT max(event_seq) FROM workflow_events WHERE run_id = r.run_id)
    WHERE r.status IN ${TERMINAL} AND e.event_type <>
      CASE r.status WHEN 'succeeded' THEN 'run_completed' WHEN 'failed' THEN 'run_failed' ELSE 'run_cancelled' END`,
  "a cancel that was acknowledged wins": `
    SELECT a.run_id, a.event_seq, (SELECT e.event_type FROM workflow_events e WHERE e.run_id = a.run_id
      AND e.event_seq > a.event_seq AND e.event_type IN ${TERMINAL_EVENTS} ORDER BY e.event_seq LIMIT 1) AS ends_by
    FROM workflow_events a WHERE a.event_type = 'cancel_acknowledged' AND ends_by <> 'run_cancelled'`,
  "a run has an end exactly when its status is an end": `
    SELECT run_id, status, ended_at FROM workflow_runs WHERE (ended_at IS NOT NULL) <> (status IN ${TERMINAL})`,
  "no step run, wait or timer is open in a run that has ended": `
    SELECT r.run_id, s.step_run_id AS what, s.status FROM workflow_runs r JOIN workflow_step_runs s USING (run_id)
      WHERE r.status IN ${TERMINAL} AND s.status NOT IN ${STEP_OVER}
    UNION ALL SELECT r.run_id, w.step_run_id, 'wait' FROM workflow_runs r JOIN workflow_waits w USING (run_id)
      WHERE r.status IN ${TERMINAL} AND w.status = 'waiting'
    UNION ALL SELECT r.run_id, t.kind, 'timer' FROM workflow_runs r JOIN workflow_timers t USING (run_id)
      WHERE r.status IN ${TERMINAL}`,
  "nobody holds a run that rests or has ended": `
    SELECT run_id, status, lease_id, ready_at FROM workflow_runs
    WHERE status <> 'running' AND (lease_id IS NOT NULL OR (ready_at IS NOT NULL AND status <> 'queued'))`,
  "every attempt of a step run that is over has ended, and every visit that was not skipped had one": `
    SELECT s.step_run_id, s.status, a.attempt_number FROM workflow_step_runs s
      LEFT JOIN workflow_step_attempts a USING (step_run_id)
    WHERE s.status IN ${STEP_OVER} AND s.status <> 'skipped' AND (a.step_run_id IS NULL OR a.ended_at IS NULL)`,
  "attempts are numbered 1, 2, 3 …, and the step run counts them": `
    SELECT s.step_run_id, s.attempt, count(a.attempt_number) AS attempts, max(a.attempt_number) AS last
    FROM workflow_step_runs s LEFT JOIN workflow_step_attempts a USING (step_run_id) WHERE s.status <> 'skipped'
    GROUP BY s.step_run_id HAVING attempts <> s.attempt OR last <> s.attempt`,
  "at most the last attempt of a step run succeeded": `
    SELECT step_run_id, count(*) AS successes FROM workflow_step_attempts WHERE status = 'succeeded'
    GROUP BY step_run_id HAVING successes > 1`,
};

/** A step that is not safe to replay goes on after an interruption only if a person said `retry`. */
const UNASKED = `
  SELECT s.step_run_id,
    (SELECT count(*) FROM workflow_step_attempts a WHERE a.step_run_id = s.step_run_id
       AND a.reason_code_core = 'interrupted' AND a.attempt_number < s.attempt) AS repeated,
    (SELECT count(*) FROM workflow_events e WHERE e.step_run_id = s.step_run_id AND e.event_type = 'step_resolved'
       AND e.payload_json ->> 'action' = 'retry') AS asked
  FROM workflow_step_runs s WHERE s.type IN (SELECT value FROM json_each(?)) AND repeated > asked`;

/**
 * A step of a graph began before one that it depends on was done, skipped, or had failed without harm. Dependencies are
 * read from the run's own definition.
 */
const TOO_EARLY = `
  SELECT began.run_id, began.event_seq, step.value ->> 'id' AS step_id, needs.value AS depends_on
  FROM workflow_runs r, json_each(r.definition_snapshot_json, '$.steps') step,
    json_each(step.value, '$.depends_on') needs, json_each(r.definition_snapshot_json, '$.steps') needed
    JOIN workflow_events began ON began.run_id = r.run_id AND began.event_type = 'step_started'
      AND began.payload_json ->> 'step_id' = step.value ->> 'id'
  WHERE needed.value ->> 'id' = needs.value AND NOT EXISTS (
    SELECT 1 FROM workflow_events e WHERE e.run_id = r.run_id AND e.event_seq < began.event_seq
      AND e.payload_json ->> 'step_id' = needs.value
      AND (e.event_type IN ('step_completed', 'step_skipped')
        OR (e.event_type = 'step_resolved' AND e.payload_json ->> 'action' IN ('done', 'skip'))
        OR (needed.value ->> 'continue_on_error' AND e.event_type IN
          ('step_failed', 'step_timeout', 'human_rejected', 'human_timeout', 'step_resolved'))))`;

/** @param unsafeTypes step types that are not safe to replay. Gives every rule that is broken, with its first rows. */
export function brokenRules(path: string, unsafeTypes: readonly string[]): string[] {
  const db = new Database(path, { readonly: true });
  try {
    const found = Object.entries(RULES).map(([rule, sql]) => ({ rule, rows: db.prepare(sql).all() }));
    found.push({
      rule: "a step that is not safe to replay is not repeated unless a person asks for it",
      rows: db.prepare(UNASKED).all(JSON.stringify(unsafeTypes)),
    });
    found.push({ rule: "a step begins after what it depends on", rows: db.prepare(TOO_EARLY).all() });
    found.push({ rule: "references lead somewhere", rows: db.pragma("foreign_key_check") as unknown[] });
    const pages = db.pragma("integrity_check", { simple: true });
    found.push({ rule: "the pages are sound", rows: pages === "ok" ? [] : [pages] });
    return found
      .filter(({ rows }) => rows.length > 0)
      .map(({ rule, rows }) => `not true that ${rule}: ${JSON.stringify(rows.slice(0, 3))}`);
  } finally {
    db.close();
  }
}

/** The events of every run, as `seq type`. */
export function eventsByRun(path: string): Map<string, string[]> {
  const db = new Database(path, { readonly: true });
  try {
    const rows = db
      .prepare<[], { runId: string; told: string }>(
        "SELECT run_id AS runId, event_seq || ' ' || event_type AS told FROM workflow_events ORDER BY run_id, event_seq",
      )
      .all();
    const byRun = new Map<string, string[]>();
    for (const { runId, told } of rows) byRun.set(runId, [...(byRun.get(runId) ?? []), told]);
    return byRun;
  } finally {
    db.close();
  }
}
