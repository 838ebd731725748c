/** How a state looks and what it is called. One table for runs, one for steps; no component compares status words to pick a colour. */
import type { RunStatus, StepStatus } from "../../shared/transitions.ts";
import { Icon, type IconName } from "./icons.tsx";
import "./status.css";

/** A colour of the theme; it means a state and nothing else. */
export type Tone = "grey" | "blue" | "slate" | "violet" | "green" | "red" | "amber";

interface Look {
  word: string;
  tone: Tone;
  icon: IconName | "spinner";
}

export const RUN_LOOK = {
  queued: { word: "queued", tone: "grey", icon: "ring" },
  running: { word: "running", tone: "blue", icon: "spinner" },
  waiting: { word: "waiting", tone: "blue", icon: "clock" },
  paused: { word: "paused", tone: "slate", icon: "pause" },
  waiting_human: { word: "needs you", tone: "violet", icon: "hand" },
  waiting_approval: { word: "needs approval", tone: "violet", icon: "hand" },
  succeeded: { word: "succeeded", tone: "green", icon: "check" },
  failed: { word: "failed", tone: "red", icon: "cross" },
  cancelled: { word: "cancelled", tone: "grey", icon: "stop" },
} as const satisfies Record<RunStatus, Look>;

export const STEP_LOOK = {
  running: { word: "running", tone: "blue", icon: "spinner" },
  retrying: { word: "waits to retry", tone: "blue", icon: "retry" },
  waiting: { word: "waiting", tone: "blue", icon: "clock" },
  waiting_human: { word: "needs you", tone: "violet", icon: "hand" },
  waiting_approval: { word: "needs approval", tone: "violet", icon: "hand" },
  interrupted: { word: "interrupted", tone: "violet", icon: "warning" },
  succeeded: { word: "succeeded", tone: "green", icon: "check" },
  failed: { word: "failed", tone: "red", icon: "cross" },
  skipped: { word: "skipped", tone: "grey", icon: "skip" },
  cancelled: { word: "cancelled", tone: "grey", icon: "stop" },
} as const satisfies Record<StepStatus, Look>;

const UNKNOWN: Look = { word: "unknown", tone: "grey", icon: "dot" };

export const runLook = (status: string): Look =>
  (RUN_LOOK as Record<string, Look>)[status] ?? { ...UNKNOWN, word: status };
export const stepLook = (status: string): Look =>
  (STEP_LOOK as Record<string, Look>)[status] ?? { ...UNKNOWN, word: status };

function Mark({ look, status }: { look: Look; status: string }) {
  return (
    <span className="status" data-tone={look.tone} data-status={status}>
      {look.icon === "spinner" ? (
        <span className="status-spinner" aria-hidden="true" />
      ) : (
        <Icon name={look.icon} size={14} />
      )}
      <span className="status-word">{look.word}</span>
    </span>
  );
}

export const RunMark = ({ status }: { status: string }) => <Mark look={runLook(status)} status={status} />;
export const StepMark = ({ status }: { status: string }) => <Mark look={stepLook(status)} status={status} />;
