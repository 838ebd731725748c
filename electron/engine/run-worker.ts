/**
 * Carries one run as far as it can go: asks `decide`, does what it says, records what came of it, and asks again, until
 * the run ends or parks. It holds the run by a lease; every record is guarded by it. How a step is run is the visit
 * runner's business.
 *
 * In memory is only what can be folded from rows again. When somebody else changed the run's rows (a person approved, a
 * timer fired), `wake` makes the worker fold them anew.
 */
import type { WorkflowDefinition } from "../../shared/definition.ts";
import { messageOf } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import type { StepType } from "../steps/step-type.ts";
import type { Json } from "../store/facts.ts";
import type { Store } from "../store/store.ts";
import type { FullRunRow } from "../store/tables/runs.ts";
import { type ComputePool, renderIn } from "./compute-pool.ts";
import { type Action, decide, type Outcome } from "./decide.ts";
import { type History, historyFromRows } from "./history.ts";
import { createJournal } from "./journal.ts";
import { brokenEnd, endOf } from "./run-end.ts";
import { createRunMemory, progressOf } from "./run-memory.ts";
import { type RunSecrets, secretsOf } from "./secrets/run-secrets.ts";
import type { Vault } from "./secrets/vault.ts";
import type { StepRunner } from "./step-runner.ts";
import { createVisitRunner } from "./visit-runner.ts";

export interface WorkerDeps {
  store: Store;
  clock: Clock;
  log: Logger;
  random: () => number;
  steps: ReadonlyMap<string, StepType>;
  runner: StepRunner;
  pool: ComputePool;
  backoffCapMs: number;
  examplesDir: string;
  vault: Vault;
  /** The definition of a run as it was when the run was made. */
  definitionOf: (runId: string, workflowId: number | null) => WorkflowDefinition;
}

export interface RunWorker {
  /** Resolves when the worker has let go of the run; it never rejects. */
  done: Promise<WorkerEnd>;
  /** The run's rows were changed by somebody else: look again. */
  wake(): void;
  /** Begin nothing new, let running steps end within the grace, then let go. The rows say where to go on. */
  stop(graceMs: number): void;
}

export interface WorkerEnd {
  /** `lost`: the run is somebody else's now. `broken`: it could not be saved, and only a new start can help. */
  left: "ended" | "parked" | "stopped" | "lost" | "broken";
  /** The run was changed while it was being put to rest, so it needs another look. */
  again: boolean;
}

export function startRunWorker(deps: WorkerDeps, claimed: { runId: string; leaseId: string }): RunWorker {
  const run = deps.store.runs.get(claimed.runId);
  if (run) return carry(deps, run, claimed.leaseId);
  return { done: Promise.resolve({ left: "lost", again: false }), wake() {}, stop() {} };
}

function carry(deps: WorkerDeps, run: FullRunRow, leaseId: string): RunWorker {
  const { store, clock, log } = deps;
  const { runId } = run;
  const journal = createJournal({
    store,
    clock,
    runId,
    leaseId,
    incarnation: run.incarnation,
    progress: () => progressOf(memory.history()),
    onDead: () => visits.stop("shutdown"),
  });
  const secrets = secretsFor(deps, runId);
  const facts = factsOf(run, deps.examplesDir);
  const memory = createRunMemory({ start: historyOf(run), facts, secrets, journal, clock });
  const stopped = new AbortController();
  let stale = false;
  let fault: { error: unknown } | null = null;
  let bell = deferred();
  const visits = createVisitRunner({
    ...deps,
    memory,
    journal,
    onOver: ring,
    onFault(error) {
      fault ??= { error };
    },
  });

  function historyOf(row: FullRunRow): History {
    // Only a run that has begun, or that got steps from elsewhere before it began, has rows to look for.
    if (row.startedAt === null && row.currentStep === null) return historyFromRows(row, [], [], clock.now());
    return historyFromRows(row, store.stepRuns.ofRun(runId), store.waits.openOfRun(runId), clock.now());
  }

  function ring(): void {
    bell.resolve();
    bell = deferred();
  }

  async function work(): Promise<WorkerEnd> {
    const definition = deps.definitionOf(runId, run.workflowId);
    noteStart(definition);
    while (journal.alive()) {
      if (fault) throw fault.error;
      if (stale) await reload();
      if (stopped.signal.aborted) {
        if (visits.count() === 0) return letGo();
        await bell.promise;
        continue;
      }
      const listening = bell.promise;
      for (const action of decide(definition, memory.history(), clock.now())) {
        const end = await act(definition, action, listening);
        if (end) return end;
      }
    }
    if (journal.brokenBy() !== undefined) throw journal.brokenBy();
    return { left: "lost", again: false };
  }

  function noteStart(definition: WorkflowDefinition): void {
    const { visits: known, incarnation } = memory.history();
    if (run.startedAt !== null && known.some((visit) => visit.incarnation === incarnation)) {
      // Nothing is known yet of this lease; the empty record claims the run.
      journal.add({ is: "claimed" });
      return;
    }
    const at = clock.now();
    const deadlineAt = definition.timeout_seconds ? at + definition.timeout_seconds * 1000 : null;
    memory.note({ is: "run_started", at, incarnation, deadlineAt });
  }

  async function letGo(): Promise<WorkerEnd> {
    await journal.flush();
    return { left: "stopped", again: false };
  }

  /** Somebody else changed the rows. Visits that are only in memory yet stay. */
  async function reload(): Promise<void> {
    stale = false;
    // What was noted while the last record was on its way must be on disk too, or the rows would take it back.
    while (journal.alive() && !journal.settled()) await journal.flush();
    const row = store.runs.get(runId);
    if (!row || !journal.alive()) return;
    const fresh = historyOf(row);
    const known = new Set(fresh.visits.map((visit) => visit.stepRunId));
    const foreseen = memory.history().visits.filter(({ stepRunId }) => visits.has(stepRunId) && !known.has(stepRunId));
    memory.replace({ ...fresh, visits: [...fresh.visits, ...foreseen] });
  }

  async function act(
    definition: WorkflowDefinition,
    action: Action,
    listening: Promise<void>,
  ): Promise<WorkerEnd | null> {
    switch (action.do) {
      case "start":
        visits.begin(action.step, action.phase);
        return null;
      case "attempt":
        visits.beginAttempt(action.step, action.visit, action.attempt);
        return null;
      case "stop_steps":
        visits.stop("cancelled");
        return null;
      case "wait_for_steps":
        await until(listening, earliest(action.wakeAt, memory.history().deadlineAt));
        return null;
      case "park":
        return park(action);
      case "finish":
        return finish(definition, action.outcome);
    }
  }

  /** The nearer of two times that are still to come; what is past wakes nobody. */
  function earliest(...times: (number | null)[]): number | null {
    const coming = times.filter((time): time is number => time !== null && time > clock.now());
    return coming.length === 0 ? null : Math.min(...coming);
  }

  /** Until a step ends, somebody wakes us, or a time comes. */
  async function until(listening: Promise<void>, at: number | null): Promise<void> {
    if (at === null) return listening;
    const timer = deferred();
    const cancel = clock.after(at - clock.now(), timer.resolve);
    await Promise.race([listening, timer.promise]);
    cancel();
  }

  async function park({ status, reason, dueAt }: Extract<Action, { do: "park" }>): Promise<WorkerEnd | null> {
    const cancelKnown = memory.history().cancelRequested;
    memory.note({ is: "run_parked", at: clock.now(), status, reason, dueAt, cancelKnown });
    const saved = await journal.flush();
    if (!saved.recorded) return null;
    if (!saved.cancelRequested || cancelKnown) return { left: "parked", again: stale };
    memory.replace({ ...memory.history(), cancelRequested: true });
    return null;
  }

  async function finish(definition: WorkflowDefinition, outcome: Outcome): Promise<WorkerEnd | null> {
    const elsewhere = renderIn(deps.pool, clock, stopped.signal);
    const end = await endOf(definition, outcome, memory, clock, elsewhere);
    // Stopped while its outputs were resolved: the next start resolves them again.
    if (stopped.signal.aborted && end.status === "failed" && outcome.status === "succeeded") return null;
    memory.note(end);
    const saved = await journal.flush();
    if (!saved.recorded) return null;
    if (saved.ended) return { left: "ended", again: false };
    memory.replace({ ...memory.history(), cancelRequested: true });
    return null;
  }

  /** The engine cannot carry this run on. It ends as failed, so that it neither hangs nor is tried again and again. */
  async function giveUp(error: unknown): Promise<WorkerEnd> {
    visits.stop("shutdown");
    if (isStoreTrouble(error)) return setAside(error);
    log.error({ run_id: runId, err: messageOf(error) }, "the engine failed while it carried a run");
    try {
      const { recorded } = await journal.insist(brokenEnd(memory.history(), clock));
      return { left: recorded ? "ended" : "lost", again: false };
    } catch (second) {
      return setAside(second);
    }
  }

  function setAside(error: unknown): WorkerEnd {
    log.error({ run_id: runId, err: messageOf(error) }, "the run could not be saved; it goes on at the next start");
    return { left: "broken", again: false };
  }

  const done = work().catch(giveUp);

  return {
    done,
    wake() {
      stale = true;
      ring();
    },
    stop(graceMs) {
      stopped.abort();
      journal.hurry();
      const cancel = clock.after(graceMs, () => visits.stop("shutdown"));
      void done.finally(cancel);
      ring();
    },
  };
}

/** A vault that cannot be opened is no reason to lose a run: what needs a secret of it fails, and says so. */
function secretsFor({ vault, log }: WorkerDeps, runId: string): RunSecrets {
  try {
    return secretsOf(vault, runId);
  } catch (error) {
    log.error({ run_id: runId, err: messageOf(error) }, "the secrets could not be opened");
    return { values: {}, redact: (value) => value };
  }
}

/** The file cannot be used at the moment; that is no fault of the run. */
function isStoreTrouble(error: unknown): boolean {
  const code = String((error as { code?: unknown } | null)?.code);
  return /^(disk_full|database_busy|shutting_down|SQLITE_(BUSY|LOCKED|FULL|IOERR))/.test(code);
}

const factsOf = ({ runId, workflowId, workflowName, inputsJson }: FullRunRow, examplesDir: string) => ({
  runId,
  workflowId,
  workflowName,
  inputs: JSON.parse(inputsJson) as Json,
  examplesDir,
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
