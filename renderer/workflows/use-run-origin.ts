/** What a run form needs to know, from a saved workflow or from an earlier run. */
import { useQuery } from "@tanstack/react-query";
import { runDefinitionQuery, runQuery, workflowQuery } from "../api/queries.ts";
import type { RunSource } from "../frame/dialogs.ts";

export interface RunOrigin {
  workflowId: number | null;
  title: string;
  description: string | null;
  schema: Record<string, unknown> | null;
  inputs: Record<string, unknown>;
  /** Set for a run whose definition was never saved. */
  definition: Record<string, unknown> | undefined;
}

export function useRunOrigin(source: RunSource): { data: RunOrigin | undefined; error: Error | null } {
  const workflowId = source.from === "workflow" ? source.workflowId : null;
  const runId = source.from === "run" ? source.runId : "";
  const workflow = useQuery({ ...workflowQuery(workflowId ?? 0), enabled: workflowId !== null });
  const run = useQuery({ ...runQuery(runId), enabled: runId !== "" });
  const past = useQuery({ ...runDefinitionQuery(runId), enabled: runId !== "" });
  if (source.from === "workflow") {
    return {
      data: workflow.data && fromDefinition(workflow.data.id, workflow.data.definition, source.inputs),
      error: workflow.error,
    };
  }
  const data = run.data && past.data && fromDefinition(run.data.workflow_id, past.data.definition, run.data.inputs);
  return { data, error: run.error ?? past.error };
}

function fromDefinition(
  workflowId: number | null,
  definition: Record<string, unknown>,
  given?: Record<string, unknown>,
): RunOrigin {
  return {
    workflowId,
    title: String(definition.name ?? "workflow"),
    description: typeof definition.description === "string" ? definition.description : null,
    schema: (definition.input_schema as Record<string, unknown> | null | undefined) ?? null,
    inputs: { ...(definition.inputs as Record<string, unknown> | undefined), ...given },
    definition: workflowId === null ? definition : undefined,
  };
}
