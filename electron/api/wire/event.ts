/** Events as the wire shows them, on a page and in a stream alike. */
import type { RunEvent } from "../../../shared/event.ts";
import { toIso } from "../../lib/clock.ts";
import type { EventRow } from "../../store/tables/events.ts";
import { jsonObject } from "./json.ts";

export const runEvent = (row: EventRow): RunEvent => ({
  event_id: row.eventId,
  run_id: row.runId,
  event_seq: row.eventSeq,
  event_type: row.eventType,
  step_run_id: row.stepRunId,
  payload: jsonObject(row.payloadJson),
  created_at: toIso(row.createdAt),
});
