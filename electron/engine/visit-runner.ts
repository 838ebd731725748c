/**
 * Runs the visits of one run's steps beside its worker's loop: asks `when`, resolves the config, has the attempt made,
 * and notes what came of it. Which step runs when is not its business; `decide` says that.
 *
 * A step that is safe to replay runs while its start is still being written: at worst it runs again after a crash. One
 * that is not runs only after its start is on disk, so that a crash always finds the trace of it.
 */
import { DEFAULT_STEP_TIMEOUT_SECONDS, retryPolicyOf, type StepDefinition } from "../../shared/definition.ts";
import type { Clock } from "../lib/clock.ts";
import { failed, type StepResult, type StepType } from "../steps/step-type.ts";
import { isTruthy } from "../steps/truth.ts";
import type { Fact, Json, Phase } from "../store/facts.ts";
import { type ComputePool, renderIn } from "./compute-pool.ts";
import type { Visit } from "./history.ts";
import type { Journal } from "./journal.ts";
import { bounded } from "./output-size.ts";
import { retryDecision } from "./retry.ts";
import type { RunMemory } from "./run-memory.ts";
import { lastOutputs } from "./scope.ts";
import { asFailure, prepareConfig, type StepRunner } from "./step-runner.ts";
import { renderCondition } from "./templating/render.ts";

export interface VisitRunnerDeps {
  clock: Clock;
  random: () => number;
  steps: ReadonlyMap<string, StepType>;
  runner: StepRunner;
  pool: ComputePool;
  backoffCapMs: number;
  memory: RunMemory;
  journal: Journal;
  /** A visit is over for now: look what comes next. */
  onOver: () => void;
  /** Everything a step can do wrong is a result; this is a fault of the engine, and the run must not hang on it. */
  onFault: (error: unknown) => void;
}

/** One visit of one step, as it is passed along here. */
interface Going {
  step: StepDefinition;
  phase: Phase;
  stepRunId: string;
  visit: number;
  attempt: number;
  signal: AbortSignal;
}

type Prepared = { type: StepType; config: Json } | { failed: StepResult };
type Settled = { at: number; stepRunId: string; stepId: string; attempt: number };

export type VisitRunner = ReturnType<typeof createVisitRunner>;

export function createVisitRunner(deps: VisitRunnerDeps) {
  const { clock, steps, memory, journal } = deps;
  const inFlight = new Map<string, AbortController>();

  function begin(step: StepDefinition, phase: Phase): void {
    const { runId, visits } = memory.history();
    const visit = visits.filter((one) => one.stepId === step.id).length + 1;
    const stepRunId = `${runId}:${step.id}:${visit}`;
    const of = { step, phase, stepRunId, visit, attempt: 1 };
    // Known to `decide` at once, so that it is not begun twice while its config is still being resolved.
    memory.foresee(startedFact(of, null));
    track(stepRunId, (signal) => firstAttempt({ ...of, signal }));
  }

  function beginAttempt(step: StepDefinition, { stepRunId, visit, phase }: Visit, attempt: number): void {
    const at = clock.now();
    const capability = steps.get(step.type)?.capability ?? null;
    memory.note({ is: "attempt_started", at, stepRunId, stepId: step.id, attempt, type: step.type, capability });
    track(stepRunId, async (signal) => {
      const going = { step, phase, stepRunId, visit, attempt, signal };
      const prepared = await prepare(going);
      settle(going, at, "failed" in prepared ? prepared.failed : await execute(going, prepared));
    });
  }

  /** Runs a visit's work beside the loop, and says when it is over. */
  function track(stepRunId: string, start: (signal: AbortSignal) => Promise<void>): void {
    const controller = new AbortController();
    inFlight.set(stepRunId, controller);
    void start(controller.signal)
      .catch(deps.onFault)
      .finally(() => {
        inFlight.delete(stepRunId);
        deps.onOver();
      });
  }

  async function firstAttempt(going: Going): Promise<void> {
    const skip = await skipReason(going);
    if (skip && "reason" in skip) return memory.note(skippedFact(going, skip.reason));
    const prepared = skip ?? (await prepare(going));
    // It has done nothing yet, so it leaves no trace that somebody would have to judge.
    if (isShutDown(going.signal)) return;
    const started = startedFact(going, "config" in prepared ? prepared.config : null);
    memory.note(started);
    settle(going, started.at, "failed" in prepared ? prepared.failed : await execute(going, prepared));
  }

  function startedFact({ step, phase, stepRunId, visit }: Omit<Going, "signal">, inputs: Json | null) {
    const { id: stepId, name = null, type } = step;
    const capability = steps.get(type)?.capability ?? null;
    const of = { at: clock.now(), stepRunId, stepId, visit, phase, name, type };
    return { is: "visit_started", ...of, inputs, capability } as const;
  }

  function skippedFact({ step, phase, stepRunId, visit }: Going, reason: string): Fact {
    const { id: stepId, name = null, type } = step;
    return { is: "visit_skipped", at: clock.now(), stepRunId, stepId, visit, phase, name, type, reason };
  }

  async function prepare({ step, signal }: Going): Promise<Prepared> {
    const type = steps.get(step.type);
    if (!type) return { failed: failed("unknown_step_type", `There is no step type "${step.type}".`) };
    try {
      const elsewhere = renderIn(deps.pool, clock, signal);
      return { type, config: await prepareConfig(type, step.config, memory.scope(), elsewhere) };
    } catch (error) {
      return { failed: withStep(asFailure(error), step) };
    }
  }

  /** `when` says whether the step runs at all. A condition that cannot be resolved fails the step. */
  async function skipReason({ step, signal }: Going): Promise<{ reason: string } | { failed: StepResult } | null> {
    if (step.when == null || step.when === true) return null;
    if (step.when === false) return { reason: "when is false" };
    try {
      const value = await renderCondition(step.when, memory.scope(), renderIn(deps.pool, clock, signal));
      return isTruthy(value) ? null : { reason: `when is false: ${step.when}` };
    } catch (error) {
      return { failed: withStep(asFailure(error), step) };
    }
  }

  async function execute(
    { step, stepRunId, visit, attempt, signal }: Going,
    { type, config }: { type: StepType; config: Json },
  ): Promise<StepResult> {
    if (!type.capability.replay_safe) {
      await journal.flush();
      if (!journal.alive() || signal.aborted) return { status: "cancelled" };
    }
    const { runId, workflowId, workflowName } = memory.facts;
    return deps.runner.attempt({
      run: { id: runId, workflowId, workflowName },
      step: { id: step.id, stepRunId, attempt, visit },
      type,
      config,
      scope: memory.scope,
      last: lastOutputs(memory.history()),
      timeoutMs: (step.timeout_seconds ?? DEFAULT_STEP_TIMEOUT_SECONDS) * 1000,
      givenTimeoutMs: step.timeout_seconds == null ? undefined : step.timeout_seconds * 1000,
      signal,
      emit: memory.tell,
      secrets: memory.secrets,
      recorded: () => journal.flush(),
    });
  }

  /** Note what came of an attempt. */
  function settle({ step, stepRunId, attempt, signal }: Going, startedAt: number, given: StepResult): void {
    // Shut down in the middle: its row stays as it is, and the next start judges it.
    if (isShutDown(signal)) return;
    const of: Settled = { at: clock.now(), stepRunId, stepId: step.id, attempt };
    const result = bounded(given);
    switch (result.status) {
      case "ok": {
        const { outputs, next } = result;
        if (next !== undefined) noteBranch(of, outputs, next);
        memory.note({ is: "visit_succeeded", ...of, type: step.type, startedAt, outputs, next: next ?? null });
        return;
      }
      case "wait":
        memory.note({ is: "visit_waits", ...of, wait: result.wait });
        return;
      case "cancelled":
        memory.note({ is: "visit_cancelled", ...of });
        return;
      case "failed":
        settleFailure(step, of, result);
    }
  }

  function settleFailure(
    step: StepDefinition,
    of: Settled,
    { failure, outputs }: Extract<StepResult, { status: "failed" }>,
  ): void {
    const timeoutSeconds = step.timeout_seconds ?? DEFAULT_STEP_TIMEOUT_SECONDS;
    const decision = retryDecision(step, of.attempt, failure, deps.backoffCapMs, deps.random());
    if (decision.retry) {
      const nextAttemptAt = of.at + decision.delayMs;
      memory.note({ is: "attempt_failed", ...of, failure, nextAttemptAt, timeoutSeconds });
      return;
    }
    const retrySuppressed = decision.suppressed && retryPolicyOf(step).max > 0;
    const kept = { error: failure.code, ...outputs };
    memory.note({ is: "visit_failed", ...of, failure, outputs: kept, timeoutSeconds, retrySuppressed });
  }

  function noteBranch({ at, stepRunId, stepId }: Settled, outputs: Json, target: string | null): void {
    const branch = String(outputs.branch ?? outputs.case ?? "");
    const payload = { step_id: stepId, branch, target };
    memory.tell({ type: "branch_taken", payload, stepRunId, at });
  }

  return {
    begin,
    beginAttempt,
    count: (): number => inFlight.size,
    has: (stepRunId: string): boolean => inFlight.has(stepRunId),
    /** `cancelled`: their results are still noted. `shutdown`: they are dropped, and judged at the next start. */
    stop(reason: "cancelled" | "shutdown"): void {
      for (const controller of inFlight.values()) controller.abort(reason);
    },
  };
}

const isShutDown = (signal: AbortSignal): boolean => signal.aborted && signal.reason === "shutdown";

/** A template error is worth more when it says which step it is in. */
function withStep(result: StepResult, step: StepDefinition): StepResult {
  if (result.status !== "failed") return result;
  return { ...result, failure: { ...result.failure, message: `In step "${step.id}", ${result.failure.message}` } };
}
