/** Short ways to write definitions and histories down, and a driver that plays a run through without a store. */

import { type Action, decide, type Outcome } from "../../../electron/engine/decide.ts";
import type { History, Visit, VisitState } from "../../../electron/engine/history.ts";
import { applyFact } from "../../../electron/engine/history.ts";
import type { Fact, Phase } from "../../../electron/store/facts.ts";
import { StepDefinition, WorkflowDefinition } from "../../../shared/definition.ts";
import type { Failure } from "../../../shared/error.ts";

export const NOW = 1_000_000;

type StepInput = Partial<StepDefinition> & { id: string };

export const aStep = (step: StepInput): StepDefinition => StepDefinition.parse({ type: "set", ...step });

type Parts = Partial<Omit<WorkflowDefinition, "steps" | "finally">> & { finally?: readonly (string | StepInput)[] };

/** `"b"` is a step without ceremony; in a graph its dependencies stand before an arrow: `"a c -> b"`. */
export function aWorkflow(steps: readonly (string | StepInput)[], parts: Parts = {}): WorkflowDefinition {
  const made = (step: string | StepInput): StepDefinition => aStep(typeof step === "string" ? parsed(step) : step);
  const { finally: last, ...rest } = parts;
  return {
    ...WorkflowDefinition.parse({ name: "w", steps: [], ...rest }),
    steps: steps.map(made),
    finally: last?.map(made),
  };
}

function parsed(text: string): StepInput {
  const [before, id] = text.split("->").map((part) => part.trim());
  if (id === undefined) return { id: text };
  return { id, depends_on: before?.split(" ").filter((name) => name !== "") ?? [] };
}

export const failureOf = (code: string, retryable = false): Failure => ({ code, message: `it was ${code}`, retryable });

const STATES = {
  running: { status: "running", attempt: 1 },
  ok: { status: "succeeded", outputs: {}, next: null },
  failed: { status: "failed", failure: failureOf("broken"), outputs: { error: "broken" } },
  timeout: { status: "failed", failure: failureOf("timeout"), outputs: { error: "timeout" } },
  human_timeout: { status: "failed", failure: failureOf("human_timeout"), outputs: { error: "human_timeout" } },
  skipped: { status: "skipped" },
  cancelled: { status: "cancelled" },
  human: { status: "waiting_human", attempt: 1 },
  approval: { status: "waiting_approval", attempt: 1 },
  interrupted: { status: "interrupted", attempt: 1 },
  delay: { status: "waiting", attempt: 1, dueAt: NOW + 500 },
  retrying: { status: "retrying", attempt: 1, nextAttemptAt: NOW + 300 },
  due: { status: "retrying", attempt: 1, nextAttemptAt: NOW },
} as const satisfies Record<string, VisitState>;

export type StateName = keyof typeof STATES;
/** `a:ok`, `b:running`, `a:jump=c` (succeeded and names its next), `f/ok` (a `finally` step), `1#a:failed` (older). */
export type Told = string;

/** A history told in words, in the order in which the visits began. */
export function aHistory(told: readonly Told[], of: Partial<History> = {}): History {
  const incarnation = of.incarnation ?? 1;
  const seen = new Map<string, number>();
  const visits = told.map((text): Visit => {
    const [, older, stepId = "", kind, what = ""] = /^(?:(\d)#)?([\w-]+)([:/])(.+)$/.exec(text) ?? [];
    const visit = (seen.get(stepId) ?? 0) + 1;
    seen.set(stepId, visit);
    const state: VisitState = what.startsWith("jump=")
      ? { status: "succeeded", outputs: {}, next: what.slice(5) }
      : STATES[what as StateName];
    const phase: Phase = kind === "/" ? "finally" : "main";
    const isOpen = "attempt" in state;
    return {
      stepRunId: `r:${stepId}:${visit}`,
      stepId,
      visit,
      phase,
      incarnation: older ? Number(older) : incarnation,
      endedAt: isOpen ? null : NOW - 10,
      state,
    };
  });
  return {
    runId: "r",
    incarnation,
    startedAt: 0,
    deadlineAt: null,
    pauseRequested: false,
    cancelRequested: false,
    ...of,
    visits,
  };
}

/** What `decide` says, in words: `start b`, `start f (finally)`, `attempt a 2`, `park waiting until 300`, `end succeeded`. */
export function says(definition: WorkflowDefinition, history: History, now = NOW): string[] {
  return decide(definition, history, now).map(inWords);
}

export function inWords(action: Action): string {
  switch (action.do) {
    case "start":
      return `start ${action.step.id}${action.phase === "finally" ? " (finally)" : ""}`;
    case "attempt":
      return `attempt ${action.step.id} ${action.attempt}`;
    case "stop_steps":
      return "stop";
    case "wait_for_steps":
      return action.wakeAt === null ? "wait" : `wait until ${action.wakeAt - NOW}`;
    case "park":
      return `park ${action.status} ${action.reason}${action.dueAt === null ? "" : ` until ${action.dueAt - NOW}`}`;
    case "finish":
      return outcomeInWords(action.outcome);
  }
}

function outcomeInWords(outcome: Outcome): string {
  if (outcome.status !== "failed") return `end ${outcome.status}`;
  return `end failed ${outcome.failure.code}${outcome.stepId === null ? "" : ` at ${outcome.stepId}`}`;
}

/** What a step comes to when the driver runs it. */
export type Fate = "ok" | "fail" | "retry" | "wait" | "human" | { jump: string };

export interface Drive {
  fates: (stepId: string, visit: number, attempt: number) => Fate;
  /** Which of the running steps ends next, as a number from 0 up to 1. */
  pick: () => number;
  /** Cancel after this many actions. */
  cancelAfter?: number;
  /** Ask for a pause after this many actions; the run is resumed as soon as it has come to rest. */
  pauseAfter?: number;
  runId?: string;
}

export interface Played {
  outcome: Outcome;
  history: History;
  /** Step ids in the order of their starts, and what had ended before each. */
  starts: { stepId: string; over: ReadonlySet<string> }[];
  actions: number;
  /** Everything that happened to steps, in order. */
  facts: Fact[];
}

const MOST_ACTIONS = 20_000;

/** Plays a run to its end: does what `decide` says, in memory, and lets steps end as their fates have it. */
export function play(
  definition: WorkflowDefinition,
  { fates, pick, cancelAfter, pauseAfter, runId = "r" }: Drive,
): Played {
  let history = aHistory([], { runId });
  let now = NOW;
  const starts: Played["starts"] = [];
  const facts: Fact[] = [];
  const apply = (fact: Fact): void => {
    facts.push(fact);
    history = applyFact(history, fact);
  };
  const openIn = (status: VisitState["status"]) => history.visits.filter((visit) => visit.state.status === status);
  let actions = 0;
  let stopping = false;
  let toPause = pauseAfter !== undefined;
  while (actions < MOST_ACTIONS) {
    if (toPause && actions >= (pauseAfter ?? 0)) {
      history = { ...history, pauseRequested: true };
      toPause = false;
    }
    for (const action of decide(definition, history, now)) {
      actions += 1;
      if (cancelAfter !== undefined && actions >= cancelAfter) history = { ...history, cancelRequested: true };
      if (action.do === "finish") return { outcome: action.outcome, history, starts, actions, facts };
      if (action.do === "stop_steps") stopping = true;
      if (action.do === "start") {
        if (history.pauseRequested && action.phase === "main")
          throw new Error("it begins a step although it is to pause");
        starts.push({ stepId: action.step.id, over: overIds(history) });
        apply(startOf(action, history, now));
      }
      if (action.do === "attempt") apply(attemptOf(action, now));
      if (action.do === "wait_for_steps") {
        const running = openIn("running");
        const visit = running[Math.floor(pick() * running.length)];
        if (!visit) throw new Error("it waits for steps although none is running");
        apply(stopping ? cancelledOf(visit, now) : endOf(visit, fates, now));
        stopping = false;
      }
      if (action.do === "park") {
        if (openIn("running").length > 0) throw new Error("it parks although a step is running");
        if (history.pauseRequested) history = { ...history, pauseRequested: false };
        if (action.status === "paused") continue;
        now = Math.max(now, action.dueAt ?? now);
        for (const visit of history.visits) if (wakes(visit, now)) apply(doneOf(visit, now));
      }
    }
  }
  throw new Error("the run never ends");
}

const overIds = (history: History): Set<string> =>
  new Set(history.visits.filter((visit) => visit.endedAt !== null).map((visit) => visit.stepId));

const wakes = ({ state }: Visit, now: number): boolean =>
  state.status === "waiting_human" || (state.status === "waiting" && state.dueAt <= now);

function startOf({ step, phase }: Extract<Action, { do: "start" }>, history: History, at: number): Fact {
  const visit = history.visits.filter((one) => one.stepId === step.id).length + 1;
  const { id: stepId, type } = step;
  const stepRunId = `${history.runId}:${stepId}:${visit}`;
  return { is: "visit_started", at, stepRunId, stepId, visit, phase, name: null, type, inputs: null, capability: null };
}

function attemptOf({ visit, attempt }: Extract<Action, { do: "attempt" }>, at: number): Fact {
  const { stepRunId, stepId } = visit;
  return { is: "attempt_started", at, stepRunId, stepId, attempt, type: "set", capability: null };
}

const ofVisit = ({ stepRunId, stepId, state }: Visit, at: number) => ({
  at,
  stepRunId,
  stepId,
  attempt: "attempt" in state ? state.attempt : 1,
});

const cancelledOf = (visit: Visit, at: number): Fact => ({ is: "visit_cancelled", ...ofVisit(visit, at) });

const doneOf = (visit: Visit, at: number, next: string | null = null): Fact => ({
  is: "visit_succeeded",
  ...ofVisit(visit, at),
  type: "set",
  startedAt: at,
  outputs: {},
  next,
});

function endOf(visit: Visit, fates: Drive["fates"], at: number): Fact {
  const of = ofVisit(visit, at);
  const fate = fates(visit.stepId, visit.visit, of.attempt);
  if (typeof fate === "object") return doneOf(visit, at, fate.jump);
  switch (fate) {
    case "ok":
      return doneOf(visit, at);
    case "fail":
      return {
        is: "visit_failed",
        ...of,
        failure: failureOf("broken"),
        outputs: {},
        timeoutSeconds: 1,
        retrySuppressed: false,
      };
    case "retry":
      return {
        is: "attempt_failed",
        ...of,
        failure: failureOf("offline", true),
        nextAttemptAt: at + 10,
        timeoutSeconds: 1,
      };
    case "wait":
      return { is: "visit_waits", ...of, wait: { kind: "time", dueAt: at + 10, outputs: {} } };
    case "human": {
      const wait = {
        kind: "human",
        assignedTo: "local",
        instructions: null,
        formSchema: null,
        deadlineAt: null,
      } as const;
      return { is: "visit_waits", ...of, wait };
    }
  }
}
