/**
 * Carries one run as far as it can go: asks `decide`, does what it says, records what came of it, and asks again, until
 * the run ends or parks. It holds the run by a lease; every record is guarded by it.
 *
 * A step that is safe to replay runs while its start is still being written: at worst it runs again after a crash. One
 * that is not runs only after its start is on disk, so that a crash always finds the trace of it.
 *
 * In memory is only what can be folded from rows again. When somebody else changed the run's rows (a person approved, a
 * timer fired), `wake` makes the worker fold them anew.
 */
import {
  DEFAULT_STEP_TIMEOUT_SECONDS,
  retryPolicyOf,
  type StepDefinition,
  type WorkflowDefinition,
} from "../../shared/definition.ts";
import type { Failure } from "../../shared/error.ts";
import { messageOf } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import { failed, type StepResult, type StepType } from "../steps/step-type.ts";
import { isTruthy } from "../steps/truth.ts";
import type { Fact, Json, Phase } from "../store/facts.ts";
import type { Store } from "../store/store.ts";
import type { ComputePool } from "./compute-pool.ts";
import { type Action, decide, type Outcome } from "./decide.ts";
import { applyFact, historyFromRows, type Visit } from "./history.ts";
import { createJournal, type Journal } from "./journal.ts";
import { retryDecision } from "./retry.ts";
import { runOutputs } from "./run-outputs.ts";
import { lastOutputs, type RunFacts, scopeOf } from "./scope.ts";
import { asFailure, prepareConfig, type StepRunner } from "./step-runner.ts";
import { renderCondition } from "./templating/render.ts";

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

/** `again`: the run was changed while it was being put to rest, so it needs another look. */
export type WorkerEnd = { left: "ended" | "parked" | "stopped" | "lost"; again: boolean };

export function startRunWorker(deps: WorkerDeps, claimed: { runId: string; leaseId: string }): RunWorker {
  const { store, clock, log, steps } = deps;
  const { runId } = claimed;
  const run = store.runs.get(runId);
  if (!run) return { done: Promise.resolve({ left: "lost", again: false }), wake() {}, stop() {} };

  const definition = deps.definitionOf(runId, run.workflowId);
  const facts: RunFacts = {
    runId,
    workflowId: run.workflowId,
    workflowName: run.workflowName,
    inputs: JSON.parse(run.inputsJson) as Json,
    examplesDir: deps.examplesDir,
  };
  let history = historyFromRows(run, store.stepRuns.ofRun(runId), store.waits.openOfRun(runId), clock.now());
  const journal: Journal = createJournal({
    store,
    ...claimed,
    incarnation: run.incarnation,
    progress: () => ({ currentStep: current(), stepsDone: stepsDone() }),
    onBroken: (error) => {
      log.error({ run_id: runId, err: messageOf(error) }, "the run could not be saved; it goes on at the next start");
      stopSteps("shutdown");
    },
  });
  const inFlight = new Map<string, AbortController>();
  let stale = false;
  let stopping = false;
  let bell = deferred();

  const scope = () => scopeOf(facts, history, clock.now());
  const current = (): string | null => history.visits.at(-1)?.stepId ?? null;
  const stepsDone = (): number =>
    new Set(
      history.visits
        .filter((visit) => visit.state.status === "succeeded" || visit.state.status === "skipped")
        .map((visit) => visit.stepId),
    ).size;

  function note(fact: Fact): void {
    history = applyFact(history, fact);
    journal.add(fact);
  }

  function ring(): void {
    bell.resolve();
    bell = deferred();
  }

  function stopSteps(reason: "cancelled" | "shutdown"): void {
    for (const controller of inFlight.values()) controller.abort(reason);
  }

  /* ---------- the loop ---------- */

  async function work(): Promise<WorkerEnd> {
    noteStart();
    while (journal.alive()) {
      if (stale) await reload();
      if (stopping) {
        if (inFlight.size === 0) return letGo();
        await bell.promise;
        continue;
      }
      const listening = bell.promise;
      for (const action of decide(definition, history, clock.now())) {
        const end = await act(action, listening);
        if (end) return end;
      }
    }
    return { left: "lost", again: false };
  }

  function noteStart(): void {
    const first = run?.startedAt === null || !history.visits.some((visit) => visit.incarnation === history.incarnation);
    if (!first) {
      // Nothing is known yet of this lease; the empty record claims the run.
      journal.add({ is: "claimed" });
      return;
    }
    const at = clock.now();
    const deadlineAt = definition.timeout_seconds ? at + definition.timeout_seconds * 1000 : null;
    note({ is: "run_started", at, incarnation: history.incarnation, deadlineAt });
  }

  async function letGo(): Promise<WorkerEnd> {
    await journal.flush();
    return { left: "stopped", again: false };
  }

  /** Somebody else changed the rows. Visits that are only in memory yet stay. */
  async function reload(): Promise<void> {
    stale = false;
    await journal.flush();
    const row = store.runs.get(runId);
    if (!row || !journal.alive()) return;
    const fresh = historyFromRows(row, store.stepRuns.ofRun(runId), store.waits.openOfRun(runId), clock.now());
    const known = new Set(fresh.visits.map((visit) => visit.stepRunId));
    const unrecorded = history.visits.filter((visit) => inFlight.has(visit.stepRunId) && !known.has(visit.stepRunId));
    history = { ...fresh, visits: [...fresh.visits, ...unrecorded] };
  }

  async function act(action: Action, listening: Promise<void>): Promise<WorkerEnd | null> {
    switch (action.do) {
      case "start":
        begin(action.step, action.phase);
        return null;
      case "attempt":
        beginAttempt(action.step, action.visit, action.attempt);
        return null;
      case "stop_steps":
        stopSteps("cancelled");
        return null;
      case "wait_for_steps":
        await until(listening, earliest(action.wakeAt, history.deadlineAt));
        return null;
      case "park":
        return park(action);
      case "finish":
        return finish(action.outcome);
    }
  }

  /** Until a step ends, somebody wakes us, or a time comes. */
  async function until(listening: Promise<void>, at: number | null): Promise<void> {
    if (at === null) return listening;
    const timer = deferred();
    const cancel = clock.after(Math.max(0, at - clock.now()), timer.resolve);
    await Promise.race([listening, timer.promise]);
    cancel();
  }

  async function park(action: Extract<Action, { do: "park" }>): Promise<WorkerEnd | null> {
    note({ is: "run_parked", at: clock.now(), status: action.status, reason: action.reason, dueAt: action.dueAt });
    const outcome = await journal.flush();
    if (!outcome.recorded) return { left: "lost", again: false };
    if (!outcome.cancelRequested) return { left: "parked", again: stale };
    history = { ...history, cancelRequested: true };
    return null;
  }

  async function finish(outcome: Outcome): Promise<WorkerEnd | null> {
    const ended = await endFact(outcome);
    note(ended);
    const recorded = await journal.flush();
    if (!recorded.recorded) return { left: "lost", again: false };
    if (recorded.ended) return { left: "ended", again: false };
    history = { ...history, cancelRequested: true };
    return null;
  }

  async function endFact(outcome: Outcome): Promise<Fact> {
    const base = { is: "run_ended", startedAt: history.startedAt } as const;
    if (outcome.status === "cancelled") {
      return {
        ...base,
        at: clock.now(),
        status: "cancelled",
        reason: "cancelled_by_user",
        outputs: null,
        failure: null,
        failedStepId: null,
      };
    }
    if (outcome.status === "failed") return { ...base, at: clock.now(), ...failedRun(outcome.failure, outcome.stepId) };
    try {
      const outputs = await runOutputs(definition, history, scope(), (text, names) =>
        deps.pool.render(text, names, new AbortController().signal),
      );
      return {
        ...base,
        at: clock.now(),
        status: "succeeded",
        reason: null,
        outputs,
        failure: null,
        failedStepId: null,
      };
    } catch (error) {
      const result = asFailure(error);
      const failure = result.status === "failed" ? result.failure : unknownFailure;
      return { ...base, at: clock.now(), ...failedRun(failure, null) };
    }
  }

  function failedRun(failure: Failure, stepId: string | null) {
    const visit = history.visits.filter((one) => one.stepId === stepId).at(-1);
    const outputs: Json = visit?.state.status === "failed" ? visit.state.outputs : { error: failure.code };
    return { status: "failed" as const, reason: failure.code, outputs, failure, failedStepId: stepId };
  }

  /* ---------- steps ---------- */

  function begin(step: StepDefinition, phase: Phase): void {
    const visit = history.visits.filter((one) => one.stepId === step.id).length + 1;
    const stepRunId = `${runId}:${step.id}:${visit}`;
    // Known to `decide` at once, so that it is not begun twice while its config is still being resolved.
    history = applyFact(history, startedFact(step, phase, stepRunId, visit, null, null));
    track(stepRunId, (signal) => firstAttempt(step, phase, stepRunId, visit, signal));
  }

  function beginAttempt(step: StepDefinition, visit: Visit, attempt: number): void {
    const type = steps.get(step.type);
    const at = clock.now();
    const { stepRunId } = visit;
    note({
      is: "attempt_started",
      at,
      stepRunId,
      stepId: step.id,
      attempt,
      type: step.type,
      capability: type?.capability ?? null,
    });
    track(stepRunId, async (signal) => {
      const prepared = await prepare(step, signal);
      const result =
        "failed" in prepared ? prepared.failed : await execute(step, prepared, stepRunId, visit.visit, attempt, signal);
      settle(step, stepRunId, attempt, at, result, signal);
    });
  }

  async function firstAttempt(
    step: StepDefinition,
    phase: Phase,
    stepRunId: string,
    visit: number,
    signal: AbortSignal,
  ): Promise<void> {
    const skip = await skipReason(step);
    if (skip && "reason" in skip) {
      note({
        is: "visit_skipped",
        at: clock.now(),
        stepRunId,
        stepId: step.id,
        visit,
        phase,
        name: step.name ?? null,
        type: step.type,
        reason: skip.reason,
      });
      return;
    }
    const prepared = skip ?? (await prepare(step, signal));
    const started = startedFact(
      step,
      phase,
      stepRunId,
      visit,
      "config" in prepared ? prepared.config : null,
      steps.get(step.type)?.capability ?? null,
    );
    note(started);
    const result = "failed" in prepared ? prepared.failed : await execute(step, prepared, stepRunId, visit, 1, signal);
    settle(step, stepRunId, 1, started.at, result, signal);
  }

  const startedFact = (
    step: StepDefinition,
    phase: Phase,
    stepRunId: string,
    visit: number,
    inputs: Json | null,
    capability: StepType["capability"] | null,
  ): Extract<Fact, { is: "visit_started" }> => ({
    is: "visit_started",
    at: clock.now(),
    stepRunId,
    stepId: step.id,
    visit,
    phase,
    name: step.name ?? null,
    type: step.type,
    inputs,
    capability,
  });

  /** Runs a step's work beside the loop, and wakes the loop when it is over. */
  function track(stepRunId: string, start: (signal: AbortSignal) => Promise<void>): void {
    const controller = new AbortController();
    inFlight.set(stepRunId, controller);
    void start(controller.signal)
      .catch((error: unknown) => {
        // Everything a step can do wrong is a result; this is a fault of the engine, and the run must not hang on it.
        log.error(
          { run_id: runId, step_run_id: stepRunId, err: messageOf(error) },
          "the engine failed while it ran a step",
        );
        stopping = true;
      })
      .finally(() => {
        inFlight.delete(stepRunId);
        ring();
      });
  }

  type Prepared = { type: StepType; config: Json } | { failed: StepResult };

  async function prepare(step: StepDefinition, signal: AbortSignal): Promise<Prepared> {
    const type = steps.get(step.type);
    if (!type) return { failed: failed("unknown_step_type", `There is no step type "${step.type}".`) };
    try {
      return { type, config: await prepareConfig(type, step.config, scope(), deps.pool, signal) };
    } catch (error) {
      return { failed: withStep(asFailure(error), step) };
    }
  }

  /** `when` says whether the step runs at all. A condition that cannot be resolved fails the step. */
  async function skipReason(step: StepDefinition): Promise<{ reason: string } | { failed: StepResult } | null> {
    if (step.when == null || step.when === true) return null;
    if (step.when === false) return { reason: "when is false" };
    try {
      const value = await renderCondition(step.when, scope(), (text, names) =>
        deps.pool.render(text, names, new AbortController().signal),
      );
      return isTruthy(value) ? null : { reason: `when is false: ${step.when}` };
    } catch (error) {
      return { failed: withStep(asFailure(error), step) };
    }
  }

  async function execute(
    step: StepDefinition,
    prepared: { type: StepType; config: Json },
    stepRunId: string,
    visit: number,
    attempt: number,
    signal: AbortSignal,
  ): Promise<StepResult> {
    if (!prepared.type.capability.replay_safe) {
      await journal.flush();
      if (!journal.alive() || signal.aborted) return { status: "cancelled" };
    }
    return deps.runner.attempt({
      run: { id: runId, workflowId: facts.workflowId, workflowName: facts.workflowName },
      step: { id: step.id, stepRunId, attempt, visit },
      type: prepared.type,
      config: prepared.config,
      scope,
      last: lastOutputs(history),
      timeoutMs: (step.timeout_seconds ?? DEFAULT_STEP_TIMEOUT_SECONDS) * 1000,
      signal,
      emit: (event) => journal.add({ is: "happened", event }),
      recorded: () => journal.flush(),
    });
  }

  /** Record what came of an attempt. */
  function settle(
    step: StepDefinition,
    stepRunId: string,
    attempt: number,
    startedAt: number,
    result: StepResult,
    signal: AbortSignal,
  ): void {
    // Shut down in the middle: its row stays as it is, and the next start judges it.
    if (signal.aborted && signal.reason === "shutdown") return;
    const of = { at: clock.now(), stepRunId, stepId: step.id, attempt };
    switch (result.status) {
      case "ok":
        if (result.next !== undefined) noteBranch(step, stepRunId, result.outputs, result.next);
        note({
          is: "visit_succeeded",
          ...of,
          type: step.type,
          startedAt,
          outputs: result.outputs,
          next: result.next ?? null,
        });
        return;
      case "wait":
        note({ is: "visit_waits", ...of, wait: result.wait });
        return;
      case "cancelled":
        note({ is: "visit_cancelled", ...of });
        return;
      case "failed":
        settleFailure(step, of, result);
    }
  }

  function settleFailure(
    step: StepDefinition,
    of: { at: number; stepRunId: string; stepId: string; attempt: number },
    { failure, outputs }: Extract<StepResult, { status: "failed" }>,
  ): void {
    const timeoutSeconds = step.timeout_seconds ?? DEFAULT_STEP_TIMEOUT_SECONDS;
    const decision = retryDecision(step, of.attempt, failure, deps.backoffCapMs, deps.random());
    if (decision.retry) {
      note({ is: "attempt_failed", ...of, failure, nextAttemptAt: of.at + decision.delayMs, timeoutSeconds });
      return;
    }
    const retrySuppressed = decision.suppressed && retryPolicyOf(step).max > 0;
    note({
      is: "visit_failed",
      ...of,
      failure,
      outputs: { error: failure.code, ...outputs },
      timeoutSeconds,
      retrySuppressed,
    });
  }

  function noteBranch(step: StepDefinition, stepRunId: string, outputs: Json, target: string | null): void {
    const branch = String(outputs.branch ?? outputs.case ?? "");
    journal.add({
      is: "happened",
      event: { type: "branch_taken", payload: { step_id: step.id, branch, target }, stepRunId, at: clock.now() },
    });
  }

  const done = work().catch((error: unknown): WorkerEnd => {
    log.error({ run_id: runId, err: messageOf(error) }, "the worker failed; the run goes on at the next start");
    return { left: "lost", again: false };
  });

  return {
    done,
    wake() {
      stale = true;
      ring();
    },
    stop(graceMs) {
      stopping = true;
      const cancel = clock.after(graceMs, () => stopSteps("shutdown"));
      void done.finally(cancel);
      ring();
    },
  };
}

const unknownFailure: Failure = { code: "step_crashed", message: "The run could not be ended.", retryable: true };

/** A template error is worth more when it says which step it is in. */
function withStep(result: StepResult, step: StepDefinition): StepResult {
  if (result.status !== "failed") return result;
  return { ...result, failure: { ...result.failure, message: `In step "${step.id}", ${result.failure.message}` } };
}

const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
