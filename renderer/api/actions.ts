/** What a person can do to runs, with everything around it: consent, the page to go to, the lists to refresh, the words for a failure. */
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { consentWorkflow } from "../../shared/api/definitions.ts";
import { addTemplate, type TemplateSummary } from "../../shared/api/discovery.ts";
import { controlRun, resolveStep, startAdHocRun, startRun } from "../../shared/api/runs.ts";
import type { Run } from "../../shared/run.ts";
import { askConsent } from "../frame/dialogs.ts";
import { toast, toastError } from "../parts/toast.ts";
import { ApiError, call } from "./client.ts";
import { queryClient, runQuery } from "./queries.ts";

export type ControlAction = "pause" | "resume" | "cancel" | "retry";

export interface RunStart {
  /** Null for a definition that was never saved; then `definition` is run as it is. */
  workflowId: number | null;
  definition?: Record<string, unknown>;
  title: string;
  inputs: Record<string, unknown>;
}

/** Start a run; asks for consent when its commands need one. Resolves with null when the person said no. */
export async function start(request: RunStart): Promise<Run | null> {
  const { workflowId } = request;
  if (workflowId === null) {
    return call(startAdHocRun, {
      body: { definition: request.definition ?? {}, inputs: request.inputs, metadata: FROM_PAGE },
    });
  }
  const attempt = (): Promise<Run> =>
    call(startRun, { params: { workflow_id: workflowId }, body: { inputs: request.inputs, metadata: FROM_PAGE } });
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "consent_required") throw error;
    if (!(await askConsent(request.title, error.commands))) return null;
    await call(consentWorkflow, { params: { workflow_id: workflowId } });
    return attempt();
  }
}

const FROM_PAGE = { started_from: "ui" };

/** Make a workflow from a bundled template and run it on its example data, in one click. */
export function useTryTemplate() {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async (template: Pick<TemplateSummary, "name" | "title">) => {
      const added = await call(addTemplate, { params: { name: template.name }, body: {} });
      if (added.consent_required.length > 0) {
        if (!(await askConsent(template.title, added.consent_required))) return null;
        await call(consentWorkflow, { params: { workflow_id: added.workflow_id } });
      }
      return start({ workflowId: added.workflow_id, title: template.title, inputs: {} });
    },
    onSuccess: (run) => {
      void queryClient.invalidateQueries({ queryKey: ["workflows"] });
      if (run) void navigate({ to: "/runs/$runId", params: { runId: run.run_id } });
    },
    onError: (error) => toastError("The example did not start", error),
  });
}

/** Pause, resume, cancel or retry a run. */
export function useControl() {
  return useMutation({
    mutationFn: ({ runId, action }: { runId: string; action: ControlAction }) =>
      call(controlRun, { params: { run_id: runId, action }, body: {} }),
    onSuccess: (answer, { runId, action }) => {
      refreshRun(runId);
      if (answer.result === "invalid_state")
        toast(`The run is ${answer.status} now, so there is nothing to ${action}.`);
    },
    onError: (error, { action }) => toastError(`Could not ${action} the run`, error),
  });
}

export type ResolveAction = "retry" | "done" | "skip" | "fail";

/** Say what became of a step that a crash interrupted. */
export function useResolve(runId: string) {
  return useMutation({
    mutationFn: ({ stepId, action }: { stepId: string; action: ResolveAction }) =>
      call(resolveStep, { params: { run_id: runId, step_id: stepId }, body: { action } }),
    onSuccess: () => refreshRun(runId),
    onError: (error) => toastError("The step was not changed", error),
  });
}

export function refreshRun(runId: string): void {
  void queryClient.invalidateQueries({ queryKey: ["run", runId] });
  void queryClient.invalidateQueries({ queryKey: ["runs"] });
  void queryClient.invalidateQueries({ queryKey: ["approvals"] });
}

/** The whole run, for its inputs. */
export const readRun = (runId: string): Promise<Run> => queryClient.fetchQuery(runQuery(runId));
