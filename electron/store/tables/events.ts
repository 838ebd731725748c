/** The append-only log of each run, numbered from 1 without gaps in the same transaction as the fact it tells of. */
import type { Database } from "better-sqlite3";
import type { NewEvent } from "../../../shared/event.ts";
import type { Logger } from "../../lib/log.ts";

export interface EventRow {
  eventId: number;
  runId: string;
  eventSeq: number;
  eventType: string;
  stepRunId: string | null;
  payloadJson: string;
  createdAt: number;
}

const COLUMNS = `event_id AS eventId, run_id AS runId, event_seq AS eventSeq, event_type AS eventType,
  step_run_id AS stepRunId, payload_json AS payloadJson, created_at AS createdAt`;

/** All of a record in one statement: a third cheaper than one by one. `->` gives the payload as the text it was. */
const APPEND = `
  INSERT INTO workflow_events (run_id, event_seq, event_type, step_run_id, payload_json, created_at)
  SELECT @runId, value ->> 0, value ->> 1, value ->> 2, value -> 3, value ->> 4 FROM json_each(@events)`;

const COUNT_UP = `
  INSERT INTO workflow_event_counters (run_id, next_seq) VALUES (@runId, @seq)
  ON CONFLICT (run_id) DO UPDATE SET next_seq = excluded.next_seq`;

const LAST_SEQ = `
  SELECT (SELECT next_seq FROM workflow_event_counters WHERE run_id = @runId) AS counter,
         (SELECT max(event_seq) FROM workflow_events WHERE run_id = @runId) AS highest`;

/** Runs whose last number is remembered between batches; beyond it the memory starts anew. */
const REMEMBERED_RUNS = 10_000;

export function eventsTable(db: Database, log: Logger) {
  const append = db.prepare(APPEND);
  const countUp = db.prepare(COUNT_UP);
  const lastSeq = db.prepare<{ runId: string }, { counter: number | null; highest: number | null }>(LAST_SEQ);
  const page = db.prepare<[string, number, number], EventRow>(
    `SELECT ${COLUMNS} FROM workflow_events WHERE run_id = ? AND event_seq > ? ORDER BY event_seq LIMIT ?`,
  );
  const pageOfTypes = db.prepare<[string, number, string, number], EventRow>(
    `SELECT ${COLUMNS} FROM workflow_events WHERE run_id = ? AND event_seq > ?
       AND event_type IN (SELECT value FROM json_each(?)) ORDER BY event_seq LIMIT ?`,
  );
  const allAfter = db.prepare<[number, number], EventRow>(
    `SELECT ${COLUMNS} FROM workflow_events WHERE event_id > ? ORDER BY event_id LIMIT ?`,
  );
  const newest = db.prepare<[], number | null>("SELECT max(event_id) FROM workflow_events").pluck();
  const remembered = new Map<string, number>();

  /** The last number given out. Heals a counter that was lost or lowered from outside. */
  function last(runId: string): number {
    const known = remembered.get(runId);
    if (known !== undefined) return known;
    const { counter = null, highest = null } = lastSeq.get({ runId }) ?? {};
    if (counter !== highest) log.warn({ run_id: runId, counter, highest }, "event counter healed");
    return Math.max(counter ?? 0, highest ?? 0);
  }

  return {
    /** The run was inserted in this very change: it has no number yet, and need not be asked for one. */
    begin: (runId: string): void => {
      remembered.set(runId, 0);
    },
    /** Append within the running transaction. Throws if a payload is not JSON; then nothing of the change is kept. */
    append(runId: string, events: readonly NewEvent[]): void {
      if (events.length === 0) return;
      let seq = last(runId);
      const rows = events.map(({ type, payload, stepRunId = null, at }) => [++seq, type, stepRunId, payload, at]);
      append.run({ runId, events: JSON.stringify(rows) });
      countUp.run({ runId, seq });
      if (remembered.size >= REMEMBERED_RUNS) remembered.clear();
      remembered.set(runId, seq);
    },
    /** Drop the numbers held in memory: somebody else wrote to the file, or a batch was rolled back. */
    forget: (): void => remembered.clear(),
    /** A run will get no more events. */
    release: (runId: string): boolean => remembered.delete(runId),
    after: (runId: string, seq: number, limit: number): EventRow[] => page.all(runId, seq, limit),
    ofTypes: (runId: string, seq: number, types: readonly string[], limit: number): EventRow[] =>
      pageOfTypes.all(runId, seq, JSON.stringify(types), limit),
    /** Events of all runs past a global id. */
    allAfter: (eventId: number, limit: number): EventRow[] => allAfter.all(eventId, limit),
    newestId: (): number => newest.get() ?? 0,
  };
}
