/**
 * The pen of one run: collects its facts and has them written in the next group commit. Facts added in the same turn are
 * one change. Whoever needs certainty (a step with side effects is about to run, the run ends) awaits `flush`.
 */
import type { Fact, RecordOutcome, RunRecord } from "../store/facts.ts";
import type { Store } from "../store/store.ts";

export interface Progress {
  currentStep: string | null;
  stepsDone: number;
}

export interface Journal {
  add(fact: Fact): void;
  /** Resolves when every fact added so far is committed, or was refused because the run is no longer ours. */
  flush(): Promise<RecordOutcome>;
  /** False once a record was refused: nothing more will be written. */
  alive(): boolean;
}

export interface JournalDeps {
  store: Pick<Store, "record">;
  runId: string;
  leaseId: string;
  incarnation: number;
  progress: () => Progress;
  /** The store could not write (disk full, file gone). The worker must stop; the rows decide later. */
  onBroken: (error: unknown) => void;
}

export function createJournal({ store, runId, leaseId, incarnation, progress, onBroken }: JournalDeps): Journal {
  let pending: Fact[] = [];
  let inFlight: Promise<RecordOutcome> | null = null;
  let claimed = false;
  let alive = true;
  let last: RecordOutcome = { recorded: true, ended: false, cancelRequested: false, pauseRequested: false };

  function write(): Promise<RecordOutcome> {
    let taken = 0;
    const record: RunRecord = {
      runId,
      leaseId,
      incarnation,
      claim: !claimed,
      // Read when the batch is run, not when it was asked for: what came in between goes along.
      get facts() {
        taken = pending.length;
        return pending.slice();
      },
      get currentStep() {
        return progress().currentStep;
      },
      get stepsDone() {
        return progress().stepsDone;
      },
    };
    return store.record(record).then(
      (outcome) => {
        pending = pending.slice(taken);
        claimed = true;
        alive = outcome.recorded;
        last = outcome;
        return outcome;
      },
      (error) => {
        alive = false;
        onBroken(error);
        last = { recorded: false };
        return last;
      },
    );
  }

  function ensureWriting(): Promise<RecordOutcome> {
    inFlight ??= write().finally(() => {
      inFlight = null;
      if (alive && pending.length > 0) void ensureWriting();
    });
    return inFlight;
  }

  return {
    add(fact) {
      if (!alive) return;
      pending.push(fact);
      void ensureWriting();
    },
    async flush() {
      while (alive && (pending.length > 0 || inFlight)) await ensureWriting();
      return last;
    },
    alive: () => alive,
  };
}
