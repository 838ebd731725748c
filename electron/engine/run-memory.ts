/**
 * What a worker knows of its run: the history folded from rows, and what it has noted since. Nothing here is more than
 * could be folded from rows again; what must outlive the host goes through `note`, which also writes it down.
 */

import type { NewEvent } from "../../shared/event.ts";
import type { Clock } from "../lib/clock.ts";
import type { Fact } from "../store/facts.ts";
import { applyFact, type History } from "./history.ts";
import type { Journal, Progress } from "./journal.ts";
import { type RunFacts, scopeOf } from "./scope.ts";
import { type RunSecrets, redactFact } from "./secrets/run-secrets.ts";
import type { Scope } from "./templating/evaluate.ts";

export interface RunMemory {
  readonly facts: RunFacts;
  readonly secrets: RunSecrets;
  history(): History;
  /** It happened: it counts at once, without any secret in it, and is on its way to disk. */
  note(fact: Fact): void;
  /** It happened on the way; nothing is decided upon it. */
  tell(event: NewEvent): void;
  /** It is about to happen: it counts at once, and is noted when more is known of it. */
  foresee(fact: Fact): void;
  /** The rows say otherwise now. */
  replace(history: History): void;
  /** What templates can see at this moment. */
  scope(): Scope;
}

export interface RunMemoryDeps {
  start: History;
  facts: RunFacts;
  secrets: RunSecrets;
  journal: Journal;
  clock: Clock;
}

export function createRunMemory({ start, facts, secrets, journal, clock }: RunMemoryDeps): RunMemory {
  let history = start;
  return {
    facts,
    secrets,
    history: () => history,
    note(fact) {
      // What is remembered is what is kept: after a restart the run sees the very same.
      const kept = redactFact(fact, secrets.redact);
      history = applyFact(history, kept);
      journal.add(kept);
    },
    tell: (event) => journal.add(redactFact({ is: "happened", event }, secrets.redact)),
    foresee(fact) {
      history = applyFact(history, fact);
    },
    replace(other) {
      history = other;
    },
    scope: () => scopeOf(facts, history, clock.now(), { secrets: secrets.values }),
  };
}

/** How far a run has come: the step that it reached last, and how many of its steps are behind it. */
export function progressOf({ visits }: History): Progress {
  const done = visits.filter(({ state }) => state.status === "succeeded" || state.status === "skipped");
  return { currentStep: visits.at(-1)?.stepId ?? null, stepsDone: new Set(done.map(({ stepId }) => stepId)).size };
}
