/** What the page reads, each under one key. The keys are nested so that a live event can refresh a whole branch. */
import { keepPreviousData, QueryClient, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { listArtifacts } from "../../shared/api/artifacts.ts";
import { getWorkflow, listWorkflows } from "../../shared/api/definitions.ts";
import { getTemplate, listStepTypes, listTemplates, readyz } from "../../shared/api/discovery.ts";
import { listBackups } from "../../shared/api/operations.ts";
import { countRuns, getRun, getRunDefinition, listApprovals, listAttempts, listRuns } from "../../shared/api/runs.ts";
import { ApiError, addressOf, call, reach } from "./client.ts";

/** Live events refresh everything; this is only the net below them. */
export const SAFETY_POLL_MS = 10_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // A refusal is final; an engine that does not answer is asked again by the polls and the stream.
      retry: (count, error) => error instanceof ApiError && error.status === 0 && count < 2,
      refetchOnWindowFocus: true,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

export type RunFilter = Pick<z.input<typeof listRuns.query>, "status" | "workflow_name" | "created_after"> & {
  last_n_hours?: number;
};

export const RUN_PAGE = 50;

export const runHeadQuery = (filter: RunFilter) =>
  queryOptions({
    queryKey: ["runs", "head", filter],
    queryFn: ({ signal }) => call(listRuns, { query: { ...filter, limit: RUN_PAGE }, signal }),
    refetchInterval: SAFETY_POLL_MS,
  });

export const countsQuery = queryOptions({
  queryKey: ["runs", "counts"],
  queryFn: ({ signal }) => call(countRuns, { signal }),
  refetchInterval: SAFETY_POLL_MS,
});

export const runQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId, "run"],
    queryFn: ({ signal }) => call(getRun, { params: { run_id: runId }, signal }),
  });

export const runDefinitionQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId, "definition"],
    queryFn: ({ signal }) => call(getRunDefinition, { params: { run_id: runId }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const artifactsQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId, "artifacts"],
    queryFn: ({ signal }) => call(listArtifacts, { params: { run_id: runId }, signal }),
  });

export const attemptsQuery = (runId: string, stepId: string) =>
  queryOptions({
    queryKey: ["run", runId, "attempts", stepId],
    queryFn: ({ signal }) => call(listAttempts, { params: { run_id: runId, step_id: stepId }, signal }),
    placeholderData: keepPreviousData,
  });

export const approvalsQuery = queryOptions({
  queryKey: ["approvals"],
  queryFn: async ({ signal }) => (await call(listApprovals, { signal })).approvals,
  refetchInterval: SAFETY_POLL_MS,
});

export const workflowsQuery = queryOptions({
  queryKey: ["workflows"],
  queryFn: ({ signal }) => call(listWorkflows, { signal }),
});

export const workflowQuery = (workflowId: number) =>
  queryOptions({
    queryKey: ["workflow", workflowId],
    queryFn: ({ signal }) => call(getWorkflow, { params: { workflow_id: workflowId }, signal }),
  });

export const templatesQuery = queryOptions({
  queryKey: ["templates"],
  queryFn: ({ signal }) => call(listTemplates, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const templateQuery = (name: string) =>
  queryOptions({
    queryKey: ["template", name],
    queryFn: ({ signal }) => call(getTemplate, { params: { name }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const stepTypesQuery = queryOptions({
  queryKey: ["step-types"],
  queryFn: ({ signal }) => call(listStepTypes, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const backupsQuery = queryOptions({
  queryKey: ["backups"],
  queryFn: async ({ signal }) => (await call(listBackups, { signal })).backups,
  refetchInterval: SAFETY_POLL_MS,
});

export type Readiness = z.output<typeof readyz.reply>;

/** Not ready is an answer too: a 503 here carries the reason in the same shape. */
export const readinessQuery = queryOptions({
  queryKey: ["readiness"],
  queryFn: async ({ signal }): Promise<Readiness> => {
    const response = await reach(addressOf(readyz), { signal });
    return (await response.json()) as Readiness;
  },
  refetchInterval: SAFETY_POLL_MS,
});
