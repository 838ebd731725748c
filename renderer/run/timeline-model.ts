/** The timeline as numbers: for every step run its attempts and waits on one time axis. Pure; times are epoch milliseconds. */
import type { RunEvent } from "../../shared/event.ts";
import type { StepRun } from "../../shared/run.ts";
import { isStepOver } from "../../shared/transitions.ts";
import { stepLook, type Tone } from "../parts/status.tsx";

export interface Segment {
  kind: "attempt" | "wait";
  from: number;
  /** Null while it goes on. */
  to: number | null;
  tone: Tone;
  label: string;
}

export interface TimelineRow {
  step: StepRun;
  segments: Segment[];
}

const WAITS: Record<string, string> = {
  step_retry_scheduled: "waits to try again",
  run_waiting: "waits",
  waiting_human: "waits for you",
  waiting_approval: "waits for approval",
};
const ENDS: Record<string, Tone> = {
  step_completed: "green",
  step_failed: "red",
  step_timeout: "red",
  step_cancelled: "grey",
  step_interrupted: "violet",
  human_approved: "green",
  human_rejected: "red",
  human_timeout: "red",
};

export function timelineOf(steps: readonly StepRun[], events: readonly RunEvent[]): TimelineRow[] {
  const byStep = new Map<string, RunEvent[]>();
  for (const event of events) {
    if (
      !event.step_run_id ||
      !(event.event_type === "step_started" || event.event_type in WAITS || event.event_type in ENDS)
    )
      continue;
    const list = byStep.get(event.step_run_id);
    if (list) list.push(event);
    else byStep.set(event.step_run_id, [event]);
  }
  return steps.map((step) => ({ step, segments: segmentsOf(step, byStep.get(step.step_run_id) ?? []) }));
}

function segmentsOf(step: StepRun, events: readonly RunEvent[]): Segment[] {
  const segments: Segment[] = [];
  for (const event of events) {
    const at = Date.parse(event.created_at);
    const open = segments.at(-1);
    const ended = ENDS[event.event_type];
    const waiting = WAITS[event.event_type];
    if (open && open.to === null)
      close(open, at, ended ?? (event.event_type === "step_retry_scheduled" ? "red" : open.tone));
    if (event.event_type === "step_started") {
      segments.push({
        kind: "attempt",
        from: at,
        to: null,
        tone: "blue",
        label: `attempt ${Number(event.payload.attempt ?? 1)}`,
      });
    } else if (waiting) {
      segments.push({
        kind: "wait",
        from: at,
        to: null,
        tone: event.event_type.startsWith("waiting_") ? "violet" : "blue",
        label: waiting,
      });
    }
  }
  if (segments.length === 0) return [wholeStep(step)];
  const last = segments.at(-1);
  if (last && last.to === null && isStepOver(step.status))
    close(last, Date.parse(step.ended_at ?? step.started_at), stepLook(step.status).tone);
  return segments;
}

/** A wait keeps its colour: how it ended is told by what follows. */
function close(segment: Segment, at: number, tone: Tone): void {
  segment.to = at;
  if (segment.kind === "attempt") segment.tone = tone;
}

const wholeStep = (step: StepRun): Segment => ({
  kind: "attempt",
  from: Date.parse(step.started_at),
  to: step.ended_at ? Date.parse(step.ended_at) : isStepOver(step.status) ? Date.parse(step.started_at) : null,
  tone: stepLook(step.status).tone,
  label: stepLook(step.status).word,
});

/** The span of the axis, never empty. */
export function spanOf(rows: readonly TimelineRow[], now: number): { from: number; to: number } {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { segments } of rows) {
    for (const segment of segments) {
      from = Math.min(from, segment.from);
      to = Math.max(to, segment.to ?? now);
    }
  }
  return Number.isFinite(from) ? { from, to: Math.max(to, from + 1) } : { from: now, to: now + 1 };
}

/** Round marks on the axis, as milliseconds from its beginning; at most `most` of them. */
export function ticksOf(lengthMs: number, most: number): number[] {
  const rough = lengthMs / Math.max(1, most);
  const step = TICK_STEPS.find((each) => each >= rough) ?? Math.ceil(rough / 86_400_000) * 86_400_000;
  const ticks: number[] = [];
  for (let at = 0; at <= lengthMs; at += step) ticks.push(at);
  return ticks;
}

const TICK_STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  1_200_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 43_200_000, 86_400_000,
];
