/**
 * What a worker knows of its run: the history folded from rows, and what it has noted since. Nothing here is more than
 * could be folded from rows again; what must outlive the host goes through `note`, which also writes it down.
 */
import type { Clock } from "../lib/clock.ts";
import type { Fact } from "../store/facts.ts";
import { applyFact, type History } from "./history.ts";
import type { Journal, Progress } from "./journal.ts";
import { type RunFacts, scopeOf } from "./scope.ts";
import type { Scope } from "./templating/evaluate.ts";

export interface RunMemory {
  readonly facts: RunFacts;
  history(): History;
  /** It happened: it counts at once, and is on its way to disk. */
  note(fact: Fact): void;
  /** It is about to happen: it counts at once, and is noted when more is known of it. */
  foresee(fact: Fact): void;
  /** The rows say otherwise now. */
  replace(history: History): void;
  /** What templates can see at this moment. */
  scope(): Scope;
}

export function createRunMemory(start: History, facts: RunFacts, journal: Journal, clock: Clock): RunMemory {
  let history = start;
  return {
    facts,
    history: () => history,
    note(fact) {
      history = applyFact(history, fact);
      journal.add(fact);
    },
    foresee(fact) {
      history = applyFact(history, fact);
    },
    replace(other) {
      history = other;
    },
    scope: () => scopeOf(facts, history, clock.now()),
  };
}

/** How far a run has come: the step that it reached last, and how many of its steps are behind it. */
export function progressOf({ visits }: History): Progress {
  const done = visits.filter(({ state }) => state.status === "succeeded" || state.status === "skipped");
  return { currentStep: visits.at(-1)?.stepId ?? null, stepsDone: new Set(done.map(({ stepId }) => stepId)).size };
}
