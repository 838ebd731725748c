/** Runs, step runs and events as the server sends them, for tests of what the page makes of them. */
import type { RunEvent } from "../../shared/event.ts";
import type { Run, RunSummary, StepRun } from "../../shared/run.ts";

export const AT = Date.UTC(2026, 2, 1, 9);
export const iso = (ms: number): string => new Date(AT + ms).toISOString();

export const aSummary = (of: Partial<RunSummary> = {}): RunSummary => ({
  run_id: "r1",
  workflow_id: 1,
  workflow_name: "story",
  definition_version: 1,
  tenant_id: "default",
  user_id: "local",
  status: "running",
  status_reason: null,
  error: null,
  error_code: null,
  started_by: "ui",
  created_at: iso(0),
  started_at: iso(0),
  ended_at: null,
  duration_ms: null,
  due_at: null,
  current_step: null,
  steps_done: 0,
  steps_total: 2,
  priority: 0,
  pinned: false,
  incarnation: 1,
  pause_requested: false,
  cancel_requested: false,
  ...of,
});

export const aRun = (of: Partial<Run> = {}): Run => ({
  ...aSummary(of),
  id: "r1",
  inputs: {},
  outputs: null,
  error_hint: null,
  validation_mode: null,
  session_id: null,
  idempotency_key: null,
  parent_run_id: null,
  metadata: null,
  tokens_input: null,
  tokens_output: null,
  cost_usd: null,
  ...of,
});

export const aStep = (of: Partial<StepRun> = {}): StepRun => ({
  step_run_id: "s1",
  step_id: "fetch",
  name: null,
  type: "http",
  status: "running",
  visit: 1,
  attempt_count: 1,
  started_at: iso(0),
  ended_at: null,
  duration_ms: null,
  error: null,
  error_hint: null,
  latest_failure: null,
  inputs: null,
  outputs: null,
  outputs_truncated: false,
  decision: null,
  review_comment: null,
  next_attempt_at: null,
  wait: null,
  ...of,
});

/** Events of one run, numbered as they stand; `ms` is counted from the run's beginning. */
export const events = (
  ...list: [type: string, ms: number, step?: string, payload?: Record<string, unknown>][]
): RunEvent[] =>
  list.map(([event_type, ms, step_run_id = null, payload = {}], index) => ({
    event_id: index + 1,
    run_id: "r1",
    event_seq: index + 1,
    event_type,
    step_run_id,
    payload,
    created_at: iso(ms),
  }));
