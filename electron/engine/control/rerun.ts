/**
 * Rerun: a new run of the same definition that begins at a step of one's choice and finds what an earlier run left before
 * it, edited where a person wishes. Only works out what to start; `start-run.ts` judges and writes it.
 */
import { isGraph, type StepDefinition, type WorkflowDefinition } from "../../../shared/definition.ts";
import { nearest } from "../../../shared/definition-check.ts";
import type { Problem } from "../../../shared/error.ts";
import { AppError } from "../../lib/app-error.ts";
import type { Json } from "../../store/facts.ts";
import type { FullRunRow } from "../../store/tables/runs.ts";
import type { StepRunRow } from "../../store/tables/step-runs.ts";
import type { KeptStep, StartRun } from "../start-run.ts";

export interface Rerun {
  /** The step to begin at; null to run everything again. */
  fromStep: string | null;
  /** In the place of those of the earlier run. */
  inputs: Json | null;
  /** By step id, in the place of what the earlier run had: for steps that do not run again. */
  outputs: Readonly<Record<string, Json>>;
  secrets: Readonly<Record<string, string>>;
}

/** What to start. Throws `validation_error` naming every step that does not fit. */
export function rerunOf(
  run: FullRunRow,
  definition: WorkflowDefinition,
  rows: readonly StepRunRow[],
  rerun: Rerun,
): StartRun {
  const problems = problemsOf(definition, rerun);
  if (problems.length > 0) {
    const [first] = problems;
    throw new AppError("validation_error", `${first?.path}: ${first?.message}`, { problems });
  }
  return {
    workflowId: run.workflowId,
    definition,
    inputs: rerun.inputs ?? (JSON.parse(run.inputsJson) as Json),
    idempotencyKey: null,
    sessionId: run.sessionId,
    validationMode: run.validationMode,
    priority: run.priority,
    metadata: run.metadataJson === null ? null : (JSON.parse(run.metadataJson) as Json),
    startedBy: `rerun:${run.runId}`,
    parentRunId: run.runId,
    secrets: rerun.secrets,
    kept: { fromRunId: run.runId, steps: keptSteps(definition, rows, rerun) },
  };
}

function problemsOf(definition: WorkflowDefinition, { fromStep, outputs }: Rerun): Problem[] {
  const ids = definition.steps.map(({ id }) => id);
  const unknown = (path: string, id: string): Problem[] =>
    ids.includes(id) ? [] : [{ path, message: `there is no step "${id}"${nearest(id, ids)}` }];
  if (fromStep !== null && !ids.includes(fromStep)) return unknown("from_step", fromStep);
  const again = stepsAgain(definition, fromStep);
  return Object.keys(outputs).flatMap((id) => {
    const path = `outputs.${id}`;
    if (!again.has(id)) return unknown(path, id);
    const hint = "Give outputs only of steps before from_step.";
    return [{ path, message: `"${id}" runs again, so its outputs cannot be given`, hint }];
  });
}

/** The ids of the steps that run again: in a sequence all from there on, in a graph the step and all that needs it. */
function stepsAgain(definition: WorkflowDefinition, fromStep: string | null): Set<string> {
  const { steps } = definition;
  if (fromStep === null) return new Set(steps.map(({ id }) => id));
  const at = steps.findIndex(({ id }) => id === fromStep);
  return isGraph(definition) ? needing(steps, fromStep) : new Set(steps.slice(at).map(({ id }) => id));
}

function needing(steps: readonly StepDefinition[], id: string): Set<string> {
  const found = new Set([id]);
  for (const known of found) {
    for (const step of steps) if (step.depends_on?.includes(known)) found.add(step.id);
  }
  return found;
}

function keptSteps(definition: WorkflowDefinition, rows: readonly StepRunRow[], rerun: Rerun): KeptStep[] {
  const again = stepsAgain(definition, rerun.fromStep);
  const earlier = definition.steps.filter(({ id }) => !again.has(id));
  if (isGraph(definition)) {
    // What neither succeeded nor was skipped runs again by itself, before the steps that need it.
    return earlier.flatMap((step) => keptStep(step, rows, rerun) ?? []);
  }
  return earlier.map((step, index) => {
    const kept = keptStep(step, rows, rerun) ?? skipped(step);
    // Wherever it went from here before, now it goes on with the step that was asked for.
    const isLast = index === earlier.length - 1;
    return isLast && kept.status === "succeeded" ? { ...kept, next: rerun.fromStep } : kept;
  });
}

function keptStep(step: StepDefinition, rows: readonly StepRunRow[], { outputs }: Rerun): KeptStep | null {
  const last = rows.findLast(
    ({ stepId, phase, status }) =>
      stepId === step.id && phase === "main" && (status === "succeeded" || status === "skipped"),
  );
  const edited = outputs[step.id];
  if (edited) {
    const outputsJson = JSON.stringify(edited);
    return { step, status: "succeeded", edited: true, inputsJson: last?.inputsJson ?? null, outputsJson, next: null };
  }
  if (!last) return null;
  if (last.status === "skipped") return skipped(step);
  const { inputsJson, outputsJson } = last;
  return { step, status: "succeeded", edited: false, inputsJson, outputsJson, next: null };
}

const skipped = (step: StepDefinition): KeptStep => ({
  step,
  status: "skipped",
  edited: false,
  inputsJson: null,
  outputsJson: null,
  next: null,
});
