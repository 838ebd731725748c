/** What templates can see: inputs, earlier steps by id, `last`, `run`, `state` and `now`. Plain data, built from history. */
import type { Json } from "../store/facts.ts";
import { type History, isOver, stillCounts, type Visit } from "./history.ts";
import type { Scope } from "./templating/evaluate.ts";

export interface RunFacts {
  runId: string;
  workflowId: number | null;
  workflowName: string;
  inputs: Json;
  /** Folder of the bundled example data; steps may read it. */
  examplesDir: string;
}

/**
 * The outputs of the last step that is over, or null before the first. A failed step gives what it left; but when the
 * run is retried, the step that failed finds what it found the first time.
 */
export function lastOutputs(history: History): Json | null {
  const counts = (visit: Visit) =>
    isOver(visit.state) && visit.state.status !== "skipped" && stillCounts(history, visit);
  return outputsOf(history.visits.filter(counts).at(-1));
}

function outputsOf(visit: Visit | undefined): Json | null {
  if (visit?.state.status === "succeeded") return visit.state.outputs;
  if (visit?.state.status === "failed") return { __status__: "failed", ...visit.state.outputs };
  return null;
}

/** @param now epoch milliseconds, shown to templates as ISO text */
export function scopeOf(run: RunFacts, history: History, now: number, names: Readonly<Json> = {}): Scope {
  const scope: Record<string, unknown> = Object.create(null);
  for (const visit of history.visits) {
    const outputs = outputsOf(visit);
    if (outputs) scope[visit.stepId] = outputs;
    else if (visit.state.status === "skipped") scope[visit.stepId] = { __status__: "skipped" };
  }
  const last = lastOutputs(history);
  if (last) {
    scope.last = last;
    scope.prev = last;
  }
  scope.inputs = run.inputs;
  scope.run = {
    id: run.runId,
    workflow_id: run.workflowId,
    workflow_name: run.workflowName,
    examples_dir: run.examplesDir,
    started_at: new Date(history.startedAt).toISOString(),
  };
  scope.run_id = run.runId;
  scope.now = new Date(now).toISOString();
  return Object.assign(scope, names);
}
