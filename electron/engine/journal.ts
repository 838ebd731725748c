/**
 * The pen of one run: collects its facts and has them written in the next group commit. Facts added in the same turn are
 * one change. Whoever needs certainty (a step with side effects is about to run, the run ends) awaits `flush`.
 *
 * A full disk is waited out: the facts stay here until there is room, and the run goes on by itself.
 */
import { AppError } from "../lib/app-error.ts";
import { type Clock, pause } from "../lib/clock.ts";
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
  /** True when every fact is on disk, so that the rows tell all there is. */
  settled(): boolean;
  /** False once a record was refused or could not be written: nothing more will be. */
  alive(): boolean;
  /** Why the store could not write, if that is why it is no longer alive. */
  brokenBy(): unknown;
  /** Record this by itself, whatever became of the rest. For the end of a run that cannot go on. Rejects if that fails. */
  insist(fact: Fact): Promise<RecordOutcome>;
  /** The host stops: do not wait for room on the disk any longer. */
  hurry(): void;
}

export interface JournalDeps {
  store: Pick<Store, "record">;
  clock: Clock;
  runId: string;
  leaseId: string;
  incarnation: number;
  progress: () => Progress;
  /** Nothing more can be written, because the run is somebody else's or the store failed: its worker must stop. */
  onDead: () => void;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

export function createJournal({ store, clock, runId, leaseId, incarnation, progress, onDead }: JournalDeps): Journal {
  let pending: Fact[] = [];
  let inFlight: Promise<RecordOutcome> | null = null;
  let claimed = false;
  let alive = true;
  let brokenBy: unknown;
  const hurried = new AbortController();
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
    return save(record, FIRST_PAUSE_MS).then(
      (outcome) => {
        pending = pending.slice(taken);
        claimed = true;
        last = outcome;
        if (!outcome.recorded) die();
        return outcome;
      },
      (error) => {
        brokenBy = error;
        last = { recorded: false };
        die();
        return last;
      },
    );
  }

  function die(): void {
    alive = false;
    onDead();
  }

  /** The next try waits longer, up to half a minute: a full disk is not emptied in a hurry. */
  function save(record: RunRecord, pauseMs: number): Promise<RecordOutcome> {
    return store.record(record).catch(async (error: unknown) => {
      if (!(error instanceof AppError) || error.code !== "disk_full" || hurried.signal.aborted) throw error;
      await pause(clock, pauseMs, hurried.signal);
      return save(record, Math.min(pauseMs * 2, LONGEST_PAUSE_MS));
    });
  }

  function ensureWriting(): Promise<RecordOutcome> {
    inFlight ??= write().finally(() => {
      inFlight = null;
      if (alive && pending.length > 0) void ensureWriting();
    });
    return inFlight;
  }

  async function flush(): Promise<RecordOutcome> {
    while (alive && (pending.length > 0 || inFlight)) await ensureWriting();
    return last;
  }

  return {
    add(fact) {
      if (!alive) return;
      pending.push(fact);
      void ensureWriting();
    },
    flush,
    settled: () => pending.length === 0 && inFlight === null,
    alive: () => alive,
    brokenBy: () => brokenBy,
    async insist(fact) {
      await flush();
      return store.record({ runId, leaseId, incarnation, claim: !claimed, facts: [fact], ...progress() });
    },
    hurry: () => hurried.abort(),
  };
}
