/** Write a workflow: its text on the left, its drawing on the right, what is wrong below. A change becomes a new version. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { stringify } from "yaml";
import type { Workflow } from "../../shared/api/definitions.ts";
import { workflowQuery, workflowsQuery } from "../api/queries.ts";
import { usePageName } from "../frame/trail.ts";
import { Loading } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { Editor } from "./editor.tsx";
import { withVersion } from "./source-map.ts";

const STARTER = `name: my-workflow
version: 1
description: Says hello.

inputs:
  who: world

steps:
  - id: greet
    type: prompt
    config:
      template: "Hello, {{ inputs.who }}!"
`;

export function NewWorkflowPage() {
  usePageName("New workflow");
  return <Editor key="new" title="New workflow" base={null} initial={STARTER} />;
}

const route = getRouteApi("/workflows/$workflowId/edit");

export function EditWorkflowPage() {
  const id = Number(route.useParams().workflowId);
  const workflow = useQuery(workflowQuery(id));
  const all = useQuery(workflowsQuery);
  usePageName(workflow.data?.name ?? "Workflow");
  const error = workflow.error ?? all.error;
  if (error)
    return (
      <div className="page-scroll run-error-page">
        <ErrorNote error={error} onRetry={() => void workflow.refetch()} />
      </div>
    );
  if (!workflow.data || !all.data) return <Loading label="Loading the workflow" />;
  const { name, version } = workflow.data;
  const newest = Math.max(version, ...all.data.filter((each) => each.name === name).map((each) => each.version));
  return (
    <Editor key={id} title={name} base={{ id, version }} initial={withVersion(textOf(workflow.data), newest + 1)} />
  );
}

const textOf = ({ source, definition }: Workflow): string =>
  source ?? stringify(meaningful(definition), { lineWidth: 80 });

/** Without what the defaults say anyway. */
function meaningful(definition: Record<string, unknown>): Record<string, unknown> {
  const isEmpty = (value: unknown): boolean =>
    value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0);
  return Object.fromEntries(
    Object.entries(definition).filter(([key, value]) => key !== "visibility" && !isEmpty(value)),
  );
}
