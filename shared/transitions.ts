/**
 * The state machines of a run and of a step run, each written once. The engine asks them before it writes, the tables'
 * CHECKs list the same words, and the interface takes its labels and order from here.
 */

/** From a run status to those it may become, and who moves it. Terminal statuses go nowhere but by an explicit retry. */
export const RUN_TRANSITIONS = {
  queued: ["running", "paused", "cancelled", "failed"],
  // A run that its dead host left running stays `running` and is claimed again; it never goes back to the queue.
  running: ["waiting", "paused", "waiting_human", "waiting_approval", "succeeded", "failed", "cancelled"],
  waiting: ["queued", "running", "paused", "cancelled", "failed"],
  paused: ["queued", "running", "cancelled", "failed"],
  waiting_human: ["queued", "running", "cancelled", "failed"],
  waiting_approval: ["queued", "running", "cancelled", "failed"],
  succeeded: [],
  failed: ["queued"],
  cancelled: ["queued"],
} as const satisfies Record<string, readonly string[]>;

export type RunStatus = keyof typeof RUN_TRANSITIONS;

export const RUN_STATUSES = Object.keys(RUN_TRANSITIONS) as [RunStatus, ...RunStatus[]];

/** No way out but an explicit retry, which begins a new incarnation of the run. */
export const TERMINAL_STATUSES = ["succeeded", "failed", "cancelled"] as const satisfies readonly RunStatus[];

/** Parked: the run holds no slot and something outside the engine (a time, a person) moves it on. */
export const PARKED_STATUSES = [
  "waiting",
  "paused",
  "waiting_human",
  "waiting_approval",
] as const satisfies readonly RunStatus[];

export const isTerminal = (status: RunStatus): boolean => (TERMINAL_STATUSES as readonly RunStatus[]).includes(status);

export const isParked = (status: RunStatus): boolean => (PARKED_STATUSES as readonly RunStatus[]).includes(status);

/** May a run go from one status to another? Leaving a terminal status needs an explicit retry. */
export function mayMove(from: RunStatus, to: RunStatus, by: "engine" | "retry" = "engine"): boolean {
  if (isTerminal(from) && by !== "retry") return false;
  return (RUN_TRANSITIONS[from] as readonly RunStatus[]).includes(to);
}

/** From a step run's status to those it may become. `queued` is not stored: a step run begins when its step is visited. */
export const STEP_TRANSITIONS = {
  running: [
    "retrying",
    "waiting",
    "waiting_human",
    "waiting_approval",
    "succeeded",
    "failed",
    "cancelled",
    "interrupted",
    "skipped",
  ],
  retrying: ["running", "failed", "cancelled", "skipped"],
  waiting: ["succeeded", "failed", "cancelled", "skipped"],
  waiting_human: ["succeeded", "failed", "cancelled", "skipped"],
  waiting_approval: ["succeeded", "failed", "cancelled", "skipped"],
  interrupted: ["retrying", "succeeded", "failed", "skipped", "cancelled"],
  succeeded: [],
  failed: [],
  skipped: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type StepStatus = keyof typeof STEP_TRANSITIONS;

export const STEP_STATUSES = Object.keys(STEP_TRANSITIONS) as [StepStatus, ...StepStatus[]];

export const isStepOver = (status: StepStatus): boolean => STEP_TRANSITIONS[status].length === 0;
