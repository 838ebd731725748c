/** What a run that succeeded gives back: the `outputs` mapping if there is one, else what its last steps gave. */
import { isGraph, type WorkflowDefinition } from "../../shared/definition.ts";
import type { Json } from "../store/facts.ts";
import type { History, Visit } from "./history.ts";
import type { Scope } from "./templating/evaluate.ts";
import { type RenderElsewhere, renderValue } from "./templating/render.ts";

/** Throws StepError `template_error` if the mapping names something that does not exist. */
export async function runOutputs(
  definition: WorkflowDefinition,
  history: History,
  scope: Scope,
  elsewhere: RenderElsewhere,
): Promise<Json> {
  if (definition.outputs) return (await renderValue(definition.outputs, scope, elsewhere, "outputs")) as Json;
  const main = history.visits.filter((visit) => visit.phase === "main");
  if (!isGraph(definition)) return outputsOf(main.filter((visit) => visit.state.status !== "skipped").at(-1)) ?? {};
  const needed = new Set(definition.steps.flatMap((step) => step.depends_on ?? []));
  const ends = definition.steps.filter((step) => !needed.has(step.id));
  const given = ends.flatMap((step): [string, Json][] => {
    const outputs = outputsOf(main.findLast((visit) => visit.stepId === step.id));
    return outputs ? [[step.id, outputs]] : [];
  });
  const [only] = given;
  return ends.length === 1 && only ? only[1] : Object.fromEntries(given);
}

function outputsOf(visit: Visit | undefined): Json | null {
  if (visit?.state.status === "succeeded" || visit?.state.status === "failed") return visit.state.outputs;
  return null;
}
