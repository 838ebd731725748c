/**
 * What happens by itself at a time: delays end, retries come due, decisions expire, runs run out of time. Each is a row;
 * in memory is one timer for the next of them. A machine that slept through a time finds it due when it wakes.
 */

import { messageOf } from "../lib/app-error.ts";
import { type Clock, LONGEST_TIMER_MS } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import type { Store, Tables } from "../store/store.ts";
import type { TimerRow } from "../store/tables/waits.ts";

export interface TimersDeps {
  store: Store;
  clock: Clock;
  log: Logger;
  /** These runs have changed: those with a worker are woken, the others wait for a slot. */
  onFired: (runIds: readonly string[]) => void;
}

const BATCH = 100;
/** A clock that was set, or a sleep, is noticed this late at most. */
const LONGEST_NAP_MS = 30_000;
const RETRY_AFTER_FAILURE_MS = 1000;

export type Timers = ReturnType<typeof createTimers>;

export function createTimers({ store, clock, log, onFired }: TimersDeps) {
  let cancel: (() => void) | null = null;
  let armedFor: number | null = null;
  let unsubscribe: (() => void) | null = null;
  let firing = false;
  let stopped = false;
  let notBefore = 0;

  /** Set the one timer for the next due row. Called after every commit; does nothing when that has not changed. */
  function arm(): void {
    if (firing || stopped) return;
    const next = nextDueAt();
    if (next === armedFor) return;
    cancel?.();
    armedFor = next;
    cancel = next === null ? null : clock.after(napUntil(next), wakeUp);
  }

  /** A file that cannot be read just now is as if something were due soon. */
  function nextDueAt(): number | null {
    try {
      const next = store.waits.nextDueAt();
      return next === null ? null : Math.max(next, notBefore);
    } catch (error) {
      log.error({ err: messageOf(error) }, "timers could not be read; trying again");
      return clock.now() + RETRY_AFTER_FAILURE_MS;
    }
  }

  const napUntil = (at: number): number => Math.min(Math.max(0, at - clock.now()), LONGEST_NAP_MS, LONGEST_TIMER_MS);

  function wakeUp(): void {
    armedFor = null;
    void fire().finally(arm);
  }

  /** Handle everything that is due; returns the runs it changed. */
  async function fire(): Promise<string[]> {
    firing = true;
    const changed = new Set<string>();
    try {
      for (;;) {
        const now = clock.now();
        const due = store.waits.dueTimers(now, BATCH);
        if (due.length === 0) break;
        await store.write("fire timers", (tables) => {
          for (const timer of due) fireOne(tables, timer, now);
        });
        for (const timer of due) changed.add(timer.runId);
        // At once, not after the last batch: a worker that parks its run just now must still hear of it.
        onFired(due.map((timer) => timer.runId));
      }
    } catch (error) {
      log.error({ err: messageOf(error) }, "timers could not be handled; trying again");
      notBefore = clock.now() + RETRY_AFTER_FAILURE_MS;
    } finally {
      firing = false;
    }
    return [...changed];
  }

  return {
    fire,
    start(): void {
      unsubscribe = store.bell.on(arm);
      arm();
    },
    stop(): void {
      stopped = true;
      unsubscribe?.();
      cancel?.();
      cancel = null;
    },
  };
}

/** One timer, in the running transaction. A row that has moved on since makes it do nothing. */
function fireOne(tables: Tables, timer: TimerRow, at: number): void {
  tables.waits.dropTimer(timer.timerId);
  const { runId, stepRunId } = timer;
  if (timer.kind === "delay" && stepRunId !== null) endDelay(tables, runId, stepRunId, at);
  if (timer.kind === "wait_deadline" && stepRunId !== null) expire(tables, runId, stepRunId, at);
  const run = tables.runs.summary(runId);
  // A paused run stays paused; what came due counts when it is resumed.
  if (run && run.status !== "paused") tables.runs.queueAgain({ runId, at, reason: null });
}

function endDelay(tables: Tables, runId: string, stepRunId: string, at: number): void {
  const wait = tables.waits.get(stepRunId);
  if (!wait || !tables.waits.settle({ stepRunId, outcome: "elapsed", at, by: null })) return;
  if (!tables.stepRuns.elapse({ stepRunId, at, outputsJson: wait.outputsJson })) return;
  const row = tables.stepRuns.get(stepRunId);
  if (!row) return;
  tables.stepRuns.endAttempt({
    stepRunId,
    attempt: row.attempt,
    status: "succeeded",
    at,
    reasonCode: null,
    summary: null,
    retryable: null,
  });
  tables.events.append(runId, [
    {
      type: "step_completed",
      payload: { step_id: row.stepId, type: row.type, duration_ms: at - row.startedAt },
      stepRunId,
      at,
    },
  ]);
}

function expire(tables: Tables, runId: string, stepRunId: string, at: number): void {
  if (!tables.waits.settle({ stepRunId, outcome: "expired", at, by: null })) return;
  const decided = tables.stepRuns.decide({
    stepRunId,
    status: "failed",
    decision: null,
    at,
    by: null,
    comment: null,
    errorCode: "human_timeout",
    error: "Nobody decided in time.",
    outputsJson: JSON.stringify({ error: "human_timeout", __status__: "timeout" }),
  });
  const row = tables.stepRuns.get(stepRunId);
  if (!decided || !row) return;
  tables.stepRuns.endAttempt({
    stepRunId,
    attempt: row.attempt,
    status: "failed",
    at,
    reasonCode: "human_timeout",
    summary: "Nobody decided in time.",
    retryable: 0,
  });
  tables.events.append(runId, [{ type: "human_timeout", payload: { step_id: row.stepId }, stepRunId, at }]);
}
