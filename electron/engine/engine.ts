/** The engine as the rest of the app sees it: verbs on definitions and runs, put together from their parts. */
import { isTerminal } from "../../shared/transitions.ts";
import { AppError, messageOf } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import type { HttpSender } from "../net/http-sender.ts";
import { STEP_TYPES } from "../steps/registry.ts";
import type { StepType } from "../steps/step-type.ts";
import type { Store, Tables } from "../store/store.ts";
import type { DefinitionRow } from "../store/tables/definitions.ts";
import type { LaneRow } from "../store/tables/runs.ts";
import { createArtifactStore } from "./artifact-store.ts";
import { createComputePool, judgeIn } from "./compute-pool.ts";
import { cancelRun } from "./control/cancel.ts";
import { type ControlResult, requireRun, runNotFound } from "./control/control-result.ts";
import { decideStep } from "./control/decide-step.ts";
import { deleteRun } from "./control/delete-run.ts";
import { type Decision, judgeForm } from "./control/judge-form.ts";
import { lookAgain } from "./control/look-again.ts";
import { pauseRun, resumeRun } from "./control/pause.ts";
import { pinRun } from "./control/pin.ts";
import { type Rerun, rerunOf } from "./control/rerun.ts";
import { resolveStep, type StepResolution } from "./control/resolve-step.ts";
import { retryRun } from "./control/retry.ts";
import { skipStep } from "./control/skip-step.ts";
import { type CheckedDefinition, createDefinitionService, type SaveDefinition } from "./definition-service.ts";
import { createDispatcher, type Limits } from "./dispatcher.ts";
import type { FileRules } from "./file-access.ts";
import { createInputValidator } from "./input-schema.ts";
import { recoverRuns } from "./recovery.ts";
import { createRunFiles } from "./run-files.ts";
import { startRunWorker } from "./run-worker.ts";
import type { Vault } from "./secrets/vault.ts";
import { createSettlements } from "./settlements.ts";
import { type StartedRun, type StartRun, startRun } from "./start-run.ts";
import { createStepRunner } from "./step-runner.ts";
import { createStepServices } from "./step-services.ts";
import { createTimers } from "./timers.ts";

export type ControlAction = "pause" | "resume" | "cancel" | "retry" | "pin" | "unpin";

export interface Engine {
  /** Throws `definition_invalid` with every problem, `definition_too_large`, `definition_exists`. */
  saveDefinition(input: SaveDefinition): Promise<DefinitionRow>;
  /** As `saveDefinition`, of a definition from elsewhere: never refused for its version, and without consent. */
  importDefinition(input: Pick<SaveDefinition, "raw" | "source">): Promise<DefinitionRow>;
  /** Rejects only with `definition_too_large`. */
  checkDefinition(raw: unknown): Promise<CheckedDefinition>;
  retireDefinition(id: number): Promise<void>;
  consentDefinition(id: number): Promise<DefinitionRow>;
  /** Resolves when the run is on disk. See `start-run.ts` for what it throws. */
  startRun(command: StartRun): Promise<StartedRun>;
  /** A new run from what another one left. Throws `run_not_found`, `validation_error`, and as a start does. */
  rerun(runId: string, rerun: Rerun): Promise<StartedRun>;
  /** Resolves when the run has ended or parked for a person, or after `timeoutMs`, or on abort. Nothing is polled. */
  settled(runId: string, timeoutMs: number, signal: AbortSignal): Promise<"settled" | "timeout">;
  /** Throws `run_not_found`. */
  control(runId: string, action: ControlAction): Promise<ControlResult>;
  /** Throws `run_not_found`, `step_run_not_found`, `invalid_state`, `input_invalid`. */
  decide(decision: Decision): Promise<void>;
  resolveStep(resolution: Omit<StepResolution, "by">): Promise<void>;
  /** Throws `run_not_found`, `step_run_not_found`, `invalid_state`. */
  skipStep(runId: string, stepId: string): Promise<void>;
  /** A run that has ended goes, with its files. Throws `run_not_found`, `run_active`. */
  deleteRun(runId: string): Promise<void>;
  /** Named secrets: names can be seen, values only set. */
  secrets: Pick<Vault, "names" | "setNamed" | "removeNamed">;
  status(): { queueDepth: number; activeRuns: number };
  /** Take up what a dead host left, then begin to work. Does nothing in safe mode. */
  start(): Promise<void>;
  /** Begin nothing new, let running steps end within the grace, let go of every run. */
  stop(graceMs: number): Promise<void>;
}

export interface EngineDeps {
  store: Store;
  clock: Clock;
  ids: Ids;
  log: Log;
  random: () => number;
  http: HttpSender;
  limits: Limits;
  backoffCapMs: number;
  idempotencyTtlMs: number;
  adhocDisabled: boolean;
  artifactsDir: string;
  files: FileRules;
  examplesDir: string;
  vault: Vault;
  /** Where a model server is, for steps that do not say so themselves. */
  llmBaseUrl: string | null;
  /** Under TEST_MODE, steps that would send something only say so. */
  testMode: boolean;
  /** File URL of the compute thread's program. */
  computeEntry: string;
  /** Tests may put types of their own beside the real ones. */
  steps?: ReadonlyMap<string, StepType>;
}

/** Who does what is done through this engine: one person, on their own machine. */
const LOCAL_USER = "local";

export function createEngine(deps: EngineDeps): Engine {
  const { store, clock, ids } = deps;
  const log = deps.log.for("engine");
  const steps = deps.steps ?? STEP_TYPES;
  const definitions = createDefinitionService({ store, clock, ids });
  const pool = createComputePool(deps.computeEntry);
  const validate = createInputValidator(judgeIn(pool, clock));
  const artifacts = createArtifactStore({ dir: deps.artifactsDir, ids });
  const runFiles = createRunFiles({ store, artifacts, files: deps.files, log });
  const services = createStepServices({ store, log, clock, ids, artifacts, files: deps.files });
  const runner = createStepRunner({
    steps,
    clock,
    pool,
    http: deps.http,
    services,
    testMode: deps.testMode,
    llmBaseUrl: deps.llmBaseUrl,
  });
  const settlements = createSettlements(store, clock);
  const worker = {
    store,
    clock,
    log,
    random: deps.random,
    steps,
    runner,
    pool,
    backoffCapMs: deps.backoffCapMs,
    examplesDir: deps.examplesDir,
    vault: deps.vault,
    definitionOf: (runId: string, workflowId: number | null) => definitions.ofRun(runId, workflowId),
  };
  const dispatcher = createDispatcher({
    store,
    clock,
    ids,
    log,
    limits: () => deps.limits,
    limitOf,
    startWorker: (claimed) => startRunWorker(worker, claimed),
    onLeft(runId, end) {
      settlements.check(runId);
      wipeWhenOver(runId);
      if (end.again) void lookAgainAt(runId);
    },
  });
  const timers = createTimers({
    store,
    clock,
    log: deps.log.for("scheduler"),
    onFired(runIds) {
      for (const runId of runIds) dispatcher.wake(runId);
      dispatcher.nudge();
    },
  });
  const starting = {
    store,
    clock,
    ids,
    definitions,
    vault: deps.vault,
    adhocDisabled: deps.adhocDisabled,
    idempotencyTtlMs: deps.idempotencyTtlMs,
    runFiles,
    validateInputs: validate,
  };

  /** The secrets of a run go with its end; one that a crash kept is found at the next start. */
  function wipeWhenOver(runId: string): void {
    if (!deps.vault.holds(runId)) return;
    const run = store.runs.summary(runId);
    if (!run || isTerminal(run.status)) deps.vault.wipeRun(runId);
  }

  let stopping = false;
  /** While it drains, the engine takes nothing new; what runs is brought to a safe point. */
  function refuseWhenStopping(): void {
    if (!stopping) return;
    throw new AppError("shutting_down", "The app is shutting down.", { hint: "Runs go on at the next start." });
  }

  /** A definition that cannot be read is the worker's to report; it must not hold up the other runs. */
  function limitOf({ runId, workflowId }: LaneRow): number | null {
    try {
      return definitions.ofRun(runId, workflowId).concurrency?.limit ?? null;
    } catch {
      return null;
    }
  }

  /** A run that was changed in the moment it was put to rest gets another turn. */
  async function lookAgainAt(runId: string): Promise<void> {
    try {
      await store.write("look again", (tables) => lookAgain(tables, runId, clock.now()));
      dispatcher.nudge();
    } catch (error) {
      log.error(
        { run_id: runId, err: messageOf(error) },
        "a run that was changed while it parked was not queued again",
      );
    }
  }

  /** Change a run's rows for a person, then let whoever works on it know. */
  async function change<T>(name: string, runId: string, run: (tables: Tables) => T): Promise<T> {
    refuseWhenStopping();
    const value = await store.write(name, run, "request");
    moved(runId);
    return value;
  }

  function moved(runId: string): void {
    dispatcher.wake(runId);
    dispatcher.nudge();
    settlements.check(runId);
    wipeWhenOver(runId);
  }

  async function start(command: StartRun): Promise<StartedRun> {
    refuseWhenStopping();
    const { cancelled, ...started } = await startRun(starting, command);
    // Those that it put an end to, and itself if there was no room for it.
    for (const runId of [...cancelled, started.runId]) moved(runId);
    return started;
  }

  function hasFinally(runId: string): boolean {
    const run = store.runs.summary(runId);
    if (!run) throw runNotFound(runId);
    return (definitions.ofRun(runId, run.workflowId).finally ?? []).length > 0;
  }

  return {
    async saveDefinition(input) {
      refuseWhenStopping();
      return definitions.save(input);
    },
    async importDefinition(input) {
      refuseWhenStopping();
      return definitions.importOne(input);
    },
    checkDefinition: definitions.check,
    retireDefinition: (id) => definitions.retire(id),
    consentDefinition: (id) => definitions.consent(id),
    startRun: start,
    async rerun(runId, rerun) {
      const run = requireRun(store, runId);
      const definition = definitions.ofRun(runId, run.workflowId);
      return start(rerunOf(run, definition, store.stepRuns.ofRun(runId), rerun));
    },
    settled: settlements.wait,
    async control(runId, action) {
      const at = clock.now();
      switch (action) {
        case "pause":
          return change("pause run", runId, (tables) => pauseRun(tables, runId, at));
        case "resume":
          return change("resume run", runId, (tables) => resumeRun(tables, runId, at));
        case "retry":
          return change("retry run", runId, (tables) => retryRun(tables, runId, at));
        case "pin":
          return change("pin run", runId, (tables) => pinRun(tables, runId, 1));
        case "unpin":
          return change("unpin run", runId, (tables) => pinRun(tables, runId, 0));
        case "cancel": {
          const withFinally = hasFinally(runId);
          return change("cancel run", runId, (tables) => cancelRun(tables, runId, at, withFinally));
        }
      }
    },
    async decide(decision) {
      if (decision.decision === "approved") await judgeForm(store, validate, decision);
      const at = clock.now();
      await change("decide step", decision.runId, (tables) => decideStep(tables, { ...decision, by: LOCAL_USER }, at));
    },
    resolveStep: (resolution) =>
      change("resolve step", resolution.runId, (tables) =>
        resolveStep(tables, { ...resolution, by: LOCAL_USER }, clock.now()),
      ),
    async skipStep(runId, stepId) {
      const definition = definitions.ofRun(runId, requireRun(store, runId).workflowId);
      await change("skip step", runId, (tables) => {
        const carried = dispatcher.carries(runId);
        skipStep(tables, definition, { runId, stepId, carried, by: LOCAL_USER }, clock.now());
      });
    },
    async deleteRun(runId) {
      await runFiles.remove(runId, await change("delete run", runId, (tables) => deleteRun(tables, runId)));
    },
    secrets: deps.vault,
    status: () => ({ queueDepth: dispatcher.queueDepth(), activeRuns: dispatcher.activeCount() }),
    async start() {
      if (store.readonly) return;
      const recovered = await recoverRuns(store, steps, clock.now());
      if (recovered.runs > 0) log.info(recovered, "took up runs that were left running");
      for (const runId of deps.vault.runs()) wipeWhenOver(runId);
      timers.start();
      dispatcher.nudge();
    },
    async stop(graceMs) {
      stopping = true;
      timers.stop();
      await dispatcher.drain(graceMs);
      settlements.close();
      await pool.close();
    },
  };
}
