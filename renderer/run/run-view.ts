/**
 * A run as it is drawn: the snapshot that was read, with the events that came after it folded over. Pure.
 * A step that is over stays as it is, so folding an event that the snapshot already holds changes nothing.
 */
import type { RunEvent } from "../../shared/event.ts";
import type { Run, StepRun } from "../../shared/run.ts";
import { isStepOver, isTerminal, type RunStatus, type StepStatus } from "../../shared/transitions.ts";

export interface RunView {
  run: Run;
  steps: StepRun[];
}

const RUN_STATUS_AFTER: Readonly<Record<string, RunStatus>> = {
  run_queued: "queued",
  run_started: "running",
  run_resumed: "running",
  run_waiting: "waiting",
  run_paused: "paused",
  waiting_human: "waiting_human",
  waiting_approval: "waiting_approval",
  run_completed: "succeeded",
  run_failed: "failed",
  run_cancelled: "cancelled",
  run_retried: "queued",
};

const STEP_STATUS_AFTER: Readonly<Record<string, StepStatus>> = {
  step_started: "running",
  step_completed: "succeeded",
  step_failed: "failed",
  step_timeout: "failed",
  step_retry_scheduled: "retrying",
  step_skipped: "skipped",
  step_cancelled: "cancelled",
  step_interrupted: "interrupted",
  waiting_human: "waiting_human",
  waiting_approval: "waiting_approval",
};

export function applyEvent(view: RunView, event: RunEvent): RunView {
  return { run: runAfter(view.run, event), steps: stepsAfter(view.steps, event) };
}

function runAfter(run: Run, event: RunEvent): Run {
  if (event.event_type === "step_started" && !isTerminal(run.status)) {
    return { ...run, status: "running", current_step: textOf(event, "step_id") };
  }
  const status = RUN_STATUS_AFTER[event.event_type];
  if (!status || (isTerminal(run.status) && event.event_type !== "run_retried")) return run;
  if (!isTerminal(status)) return { ...run, status };
  const error = event.event_type === "run_failed" ? textOf(event, "error") : run.error;
  return {
    ...run,
    status,
    error,
    ended_at: event.created_at,
    duration_ms: msBetween(run.started_at, event.created_at),
  };
}

function stepsAfter(steps: StepRun[], event: RunEvent): StepRun[] {
  const status = STEP_STATUS_AFTER[event.event_type];
  const id = event.step_run_id;
  if (!status || !id) return steps;
  const known = steps.find((step) => step.step_run_id === id);
  if (!known) return status === "running" || status === "skipped" ? [...steps, newStep(event, id, status)] : steps;
  if (isStepOver(known.status)) return steps;
  const next: StepRun = { ...known, status };
  if (status === "running") next.attempt_count = Number(event.payload.attempt ?? known.attempt_count);
  if (isStepOver(status)) {
    next.ended_at = event.created_at;
    next.duration_ms = msBetween(known.started_at, event.created_at);
  }
  if (status === "failed") next.error = textOf(event, "error") ?? known.error;
  return steps.map((step) => (step === known ? next : step));
}

function newStep(event: RunEvent, id: string, status: StepStatus): StepRun {
  return {
    step_run_id: id,
    step_id: textOf(event, "step_id") ?? "",
    name: null,
    type: textOf(event, "type") ?? "",
    status,
    visit: Number(event.payload.visit ?? 1),
    attempt_count: Number(event.payload.attempt ?? 1),
    started_at: event.created_at,
    ended_at: isStepOver(status) ? event.created_at : null,
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
  };
}

const textOf = (event: RunEvent, field: string): string | null => {
  const value = event.payload[field];
  return typeof value === "string" ? value : null;
};

const msBetween = (from: string | null, to: string): number | null => (from ? Date.parse(to) - Date.parse(from) : null);
