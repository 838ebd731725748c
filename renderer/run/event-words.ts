/** Every event as a sentence, and the colour of its state. Pure. */
import type { EventPayloads, EventType, RunEvent } from "../../shared/event.ts";
import type { Tone } from "../parts/status.tsx";
import { bytes, dateTime, duration } from "../parts/time.ts";
import { whom } from "../runs/run-words.ts";

interface Words<T extends EventType> {
  tone: Tone;
  say(payload: Partial<EventPayloads[T]>): string;
}

type Table = { [T in EventType]: Words<T> };

const WORDS: Table = {
  run_queued: { tone: "grey", say: (p) => (p.by ? `Queued by ${whom(p.by)}` : "Queued") },
  run_started: {
    tone: "blue",
    say: (p) => (p.incarnation && p.incarnation > 1 ? `Started, attempt ${p.incarnation} of the run` : "Started"),
  },
  run_completed: {
    tone: "green",
    say: (p) => (p.duration_ms === undefined ? "Succeeded" : `Succeeded after ${duration(p.duration_ms)}`),
  },
  run_failed: { tone: "red", say: (p) => p.error ?? "Failed" },
  run_cancelled: {
    tone: "grey",
    say: (p) => `Cancelled${p.by ? ` by ${whom(p.by)}` : ""}${p.reason ? `: ${p.reason}` : ""}`,
  },
  run_paused: { tone: "slate", say: (p) => `Paused${p.by ? ` by ${whom(p.by)}` : ""}` },
  run_resumed: {
    tone: "blue",
    say: (p) => `Went on${p.after ? ` after ${p.after}` : p.by ? ` by ${whom(p.by)}` : ""}`,
  },
  run_waiting: {
    tone: "blue",
    say: (p) => `Waits${p.until ? ` until ${dateTime(p.until)}` : ""}${p.reason === "retry" ? " to try again" : ""}`,
  },
  run_requeued: { tone: "grey", say: () => "Queued again because the app stopped" },
  run_retried: { tone: "blue", say: (p) => (p.from_step ? `Retried from ${p.from_step}` : "Retried") },
  cancel_acknowledged: { tone: "grey", say: (p) => `Stopping${p.reason ? `: ${p.reason}` : ""}` },
  transition_rejected: { tone: "amber", say: (p) => `Refused to go from ${p.from} to ${p.to}` },
  step_started: {
    tone: "blue",
    say: (p) => (p.attempt && p.attempt > 1 ? `Started, attempt ${p.attempt}` : "Started"),
  },
  step_completed: {
    tone: "green",
    say: (p) => (p.duration_ms === undefined ? "Done" : `Done in ${duration(p.duration_ms)}`),
  },
  step_failed: { tone: "red", say: (p) => p.error ?? "Failed" },
  step_timeout: { tone: "red", say: (p) => `Took longer than ${p.timeout_seconds ?? "?"} s` },
  step_retry_scheduled: {
    tone: "blue",
    say: (p) => `Tries again in ${duration(p.delay_ms ?? 0)} (${p.code ?? "failed"})`,
  },
  step_retry_suppressed: { tone: "grey", say: (p) => `Not tried again: ${p.reason_code ?? "it would not help"}` },
  step_skipped: { tone: "grey", say: (p) => `Skipped${p.reason ? `: ${p.reason}` : ""}` },
  step_reused: {
    tone: "slate",
    say: (p) => (p.edited ? "Taken over, edited by you" : "Taken over from the earlier run"),
  },
  step_cancelled: { tone: "grey", say: () => "Cancelled" },
  step_interrupted: { tone: "violet", say: () => "Interrupted: the app stopped while it ran" },
  step_resolved: { tone: "slate", say: (p) => `Settled as ${p.action ?? "?"}${p.by ? ` by ${whom(p.by)}` : ""}` },
  step_progress: {
    tone: "blue",
    say: (p) => [p.message, p.total ? `${p.done ?? 0} of ${p.total}` : null].filter(Boolean).join(", ") || "Goes on",
  },
  step_log_tail: { tone: "grey", say: (p) => lastLine(p.stderr_tail) ?? lastLine(p.stdout_tail) ?? "Output" },
  log: { tone: "grey", say: (p) => p.message ?? "" },
  branch_taken: {
    tone: "slate",
    say: (p) => `Took the branch ${p.branch ?? "?"}${p.target ? `, to ${p.target}` : ""}`,
  },
  waiting_human: { tone: "violet", say: (p) => waits("for you", p.deadline) },
  waiting_approval: { tone: "violet", say: (p) => waits("for approval", p.deadline) },
  human_approved: { tone: "green", say: (p) => decided("Approved", p.by, p.comment) },
  human_rejected: { tone: "red", say: (p) => decided("Rejected", p.by, p.comment) },
  human_timeout: { tone: "red", say: () => "Nobody decided in time" },
  artifact_added: {
    tone: "slate",
    say: (p) => `Made ${p.name ?? "a file"}${p.size_bytes === undefined ? "" : `, ${bytes(p.size_bytes)}`}`,
  },
};

/** Events of a kind that this build does not know are shown with their payload. */
export function wordsOf(event: RunEvent): { tone: Tone; text: string } {
  const words = (WORDS as Record<string, { tone: Tone; say(payload: Record<string, unknown>): string } | undefined>)[
    event.event_type
  ];
  return words
    ? { tone: words.tone, text: words.say(event.payload) }
    : { tone: "grey", text: JSON.stringify(event.payload) };
}

const waits = (onWhom: string, deadline: string | undefined): string =>
  `Waits ${onWhom}${deadline ? ` until ${dateTime(deadline)}` : ""}`;
const decided = (word: string, by: string | undefined, comment: string | undefined): string =>
  `${word}${by ? ` by ${whom(by)}` : ""}${comment ? `: “${comment}”` : ""}`;
const lastLine = (text: string | undefined): string | undefined => text?.trimEnd().split("\n").at(-1) || undefined;
