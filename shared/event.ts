/**
 * What can happen to a run, by name and payload. Events are append-only and numbered per run from 1 without gaps
 * (`event_seq`); the row of the fact and its event commit together.
 */
import { z } from "zod";

/** The name of an event -> the fields of its payload. Names follow the reference; ours are added beside them. */
export interface EventPayloads {
  run_queued: { workflow_id: number | null; by: string; incarnation: number };
  run_started: { mode: string; incarnation: number };
  run_completed: { success: true; duration_ms: number };
  run_failed: { error: string; code: string; step_id?: string; hint?: string };
  run_cancelled: { by: string; reason?: string };
  run_paused: { by: string };
  run_resumed: { by?: string; after?: string };
  run_waiting: { until: string; step_id: string; reason: "delay" | "retry" };
  run_requeued: { reason: "host_stopped"; step_ids: string[] };
  run_retried: { incarnation: number; from_step: string | null };
  cancel_acknowledged: { reason: string; source: string };
  transition_rejected: { from: string; to: string; on_reject: "reject" };
  step_started: { step_id: string; type: string; attempt: number; visit: number };
  step_completed: { step_id: string; type: string; duration_ms: number };
  step_failed: { step_id: string; error: string; code: string; attempt: number; hint?: string };
  step_timeout: { step_id: string; attempt: number; timeout_seconds: number };
  step_retry_scheduled: { step_id: string; attempt: number; delay_ms: number; next_at: string; code: string };
  step_retry_suppressed: { step_id: string; attempt: number; reason_code: string };
  step_skipped: { step_id: string; reason: string };
  step_reused: { step_id: string; from_run_id: string; edited: boolean };
  step_cancelled: { step_id: string };
  step_interrupted: { step_id: string; attempt: number };
  step_resolved: { step_id: string; action: string; by: string };
  step_progress: { step_id: string; done?: number; total?: number; message?: string };
  step_log_tail: { step_id: string; stdout_tail?: string; stderr_tail?: string };
  log: { step_id: string; level: string; message: string };
  branch_taken: { step_id: string; branch: string; target: string | null };
  waiting_human: { step_id: string; assigned_to: string; deadline?: string };
  waiting_approval: { step_id: string; assigned_to: string; deadline?: string };
  human_approved: { step_id: string; by: string; comment?: string };
  human_rejected: { step_id: string; by: string; comment?: string };
  human_timeout: { step_id: string };
  artifact_added: { artifact_id: string; step_id: string; name: string; mime_type: string; size_bytes: number };
}

export type EventType = keyof EventPayloads;

/** An event before it has a number. */
export type NewEvent = {
  [T in EventType]: { type: T; payload: EventPayloads[T]; stepRunId?: string; at: number };
}[EventType];

/** An event as the API and the stream send it. Times are ISO 8601 UTC. */
export const RunEvent = z.object({
  event_id: z.int(),
  run_id: z.string(),
  event_seq: z.int(),
  event_type: z.string(),
  step_run_id: z.string().nullable(),
  payload: z.record(z.string(), z.unknown()),
  created_at: z.string(),
});
export type RunEvent = z.infer<typeof RunEvent>;
