/** Starting a run: judge the inputs, honour the idempotency key, and put one row and one event on disk. */
import { createHash } from "node:crypto";
import type { StepDefinition, WorkflowDefinition } from "../../shared/definition.ts";
import type { Problem } from "../../shared/error.ts";
import { AppError } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";
import type { Json } from "../store/facts.ts";
import type { Store, Tables } from "../store/store.ts";
import { makeRoom } from "./control/make-room.ts";
import type { DefinitionService } from "./definition-service.ts";
import { AD_HOC_LANE } from "./dispatcher.ts";
import { saveKeptSteps } from "./kept-steps.ts";
import type { RunFiles } from "./run-files.ts";
import type { Vault } from "./secrets/vault.ts";

export interface StartRun {
  workflowId: number | null;
  /** The raw definition of an ad-hoc run; ignored for a saved one. */
  definition: unknown;
  inputs: Json;
  idempotencyKey: string | null;
  sessionId: string | null;
  validationMode: "block" | "non-block";
  priority: number;
  metadata: Json | null;
  startedBy: string;
  parentRunId: string | null;
  /** For this run alone; sealed beside the database, and wiped when the run ends. */
  secrets: Readonly<Record<string, string>>;
  /** What is taken over from an earlier run, with the files in its folder. */
  kept?: { fromRunId: string; steps: readonly KeptStep[] };
}

/** A step that does not run again: what it gave before, edited or not, or that it is passed over. */
export interface KeptStep {
  step: StepDefinition;
  status: "succeeded" | "skipped";
  edited: boolean;
  inputsJson: string | null;
  outputsJson: string | null;
  /** Where the run goes on after it; null for the natural order. */
  next: string | null;
}

export interface StartedRun {
  runId: string;
  /** True if the key had been used for the same request: this is that run. */
  replayed: boolean;
}

/** A start, and the runs that it cancelled because there was no room beside them. */
type Started = StartedRun & { cancelled: readonly string[] };

export interface StartRunDeps {
  store: Store;
  clock: Clock;
  ids: Ids;
  definitions: DefinitionService;
  vault: Vault;
  adhocDisabled: boolean;
  idempotencyTtlMs: number;
  runFiles: RunFiles;
  /** Validates against a JSON Schema and fills in its defaults. */
  validateInputs: (schema: Json, inputs: Json) => Promise<Problem[]>;
}

/** Resolves when the run is on disk as queued. Throws `workflow_not_found`, `consent_required`, `input_invalid`, … */
export async function startRun(deps: StartRunDeps, command: StartRun): Promise<Started> {
  const { definition, workflowId } = await definitionFor(deps, command);
  const inputs = await judgedInputs(deps, definition, command.inputs);
  const runId = deps.ids.next();
  const at = deps.clock.now();
  const definitionJson = JSON.stringify(definition);
  const requestHash = command.idempotencyKey === null ? null : hashOf(workflowId ?? definitionJson, command.inputs);
  // Before the run exists, so that it can never start without them; and gone again if it does not come to be.
  if (command.kept && command.kept.steps.length > 0) await deps.runFiles.copyFolder(command.kept.fromRunId, runId);
  deps.vault.keepForRun(runId, command.secrets);
  const started = deps.store.write(
    "start run",
    (tables) => {
      const known = replay(deps, tables, command.idempotencyKey, requestHash, at);
      if (known) return { runId: known, replayed: true, cancelled: [] };
      const lane = laneOf(definition, workflowId);
      const room = makeRoom(tables, deps.definitions, definition.concurrency ?? null, lane, at);
      tables.runs.insert({
        runId,
        workflowId,
        workflowName: definition.name,
        definitionVersion: definition.version,
        createdAt: at,
        lane,
        priority: command.priority,
        stepsTotal: definition.steps.length,
        startedBy: command.startedBy,
        parentRunId: command.parentRunId,
        validationMode: command.validationMode,
        sessionId: command.sessionId,
        idempotencyKey: command.idempotencyKey,
        requestHash,
        metadataJson: command.metadata === null ? null : JSON.stringify(command.metadata),
        inputsJson: JSON.stringify(inputs),
        definitionJson,
      });
      tables.events.begin(runId);
      tables.events.append(runId, [
        { type: "run_queued", payload: { workflow_id: workflowId, by: command.startedBy, incarnation: 1 }, at },
      ]);
      if (command.kept) saveKeptSteps(tables, runId, command.kept, at);
      if (!room.isThere) skipForConcurrency(tables, runId, at);
      return { runId, replayed: false, cancelled: room.cancelled };
    },
    "request",
  );
  const wipeIfUnused = (used: boolean) => used || deps.vault.wipeRun(runId);
  return started.then(
    (run) => {
      wipeIfUnused(!run.replayed);
      return run;
    },
    async (error: unknown) => {
      wipeIfUnused(false);
      await deps.runFiles.remove(runId, []);
      throw error;
    },
  );
}

/** Ad-hoc runs share a lane without a limit, unless their definition sets one: then its name says which belong together. */
const laneOf = (definition: WorkflowDefinition, workflowId: number | null): string =>
  workflowId === null && !definition.concurrency ? AD_HOC_LANE : definition.name;

/** It leaves a row and a trace, so that nobody wonders where it went. */
function skipForConcurrency(tables: Tables, runId: string, at: number): void {
  tables.runs.endIdle({ runId, at });
  tables.runs.setReason(runId, "skipped_concurrency");
  tables.events.append(runId, [
    { type: "run_cancelled", payload: { by: "concurrency", reason: "skipped_concurrency" }, at },
  ]);
  tables.events.release(runId);
}

async function definitionFor(deps: StartRunDeps, { workflowId, definition }: StartRun) {
  if (workflowId === null) {
    if (deps.adhocDisabled) {
      throw new AppError("adhoc_disabled", "Ad-hoc workflow runs are disabled by server configuration", {
        hint: "Save the definition and run that, or unset WORKFLOWS_DISABLE_ADHOC.",
      });
    }
    return { definition: await deps.definitions.require(definition), workflowId: null };
  }
  const row = deps.definitions.requireRow(workflowId);
  const commands = JSON.parse(row.commandsJson) as string[];
  if (commands.length > 0 && row.consentedAt === null) {
    throw new AppError(
      "consent_required",
      "This workflow runs commands on this machine that you have not allowed yet.",
      {
        hint: "Look at the commands; if you trust them, allow them once.",
        commands,
      },
    );
  }
  return { definition: deps.definitions.byId(workflowId), workflowId };
}

/** Defaults of the definition and of the schema filled in, and the schema kept. */
async function judgedInputs(deps: StartRunDeps, definition: WorkflowDefinition, given: Json): Promise<Json> {
  const inputs: Json = { ...structuredClone(definition.inputs), ...given };
  if (!definition.input_schema) return inputs;
  const problems = await deps.validateInputs(definition.input_schema, inputs);
  if (problems.length === 0) return inputs;
  const [first] = problems;
  throw new AppError("input_invalid", `${first?.path ?? "inputs"}: ${first?.message ?? "is not valid"}`, { problems });
}

/** The run that this key already stands for, if the key is young enough. */
function replay(
  deps: StartRunDeps,
  tables: Tables,
  key: string | null,
  requestHash: string | null,
  at: number,
): string | null {
  if (key === null) return null;
  const known = tables.runs.byIdempotencyKey(key);
  if (!known) return null;
  if (at - known.createdAt > deps.idempotencyTtlMs) {
    tables.runs.forgetIdempotencyKey(known.runId);
    return null;
  }
  if (known.requestHash === requestHash || known.requestHash === null) return known.runId;
  throw new AppError("idempotency_conflict", "This idempotency key was used for another request.", {
    hint: `Run ${known.runId} was started with it. Use a new key for a new request.`,
  });
}

function hashOf(what: number | string, inputs: Json): string {
  return createHash("sha256")
    .update(JSON.stringify([what, sorted(inputs)]))
    .digest("hex");
}

/** Keys in order at every depth, so that the same request has the same hash however it was written. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
