/** One's own workflows, and the gallery of examples. */
import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useTryTemplate } from "../api/actions.ts";
import { templatesQuery, workflowsQuery } from "../api/queries.ts";
import { useCommand } from "../frame/commands.ts";
import { runDialog } from "../frame/dialogs.ts";
import { usePageName } from "../frame/trail.ts";
import { Empty, Loading } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { Icon } from "../parts/icons.tsx";
import { TabsLine } from "../parts/tabs.tsx";
import { type RowsHandle, VirtualRows } from "../parts/virtual-rows.tsx";
import { TemplateCard } from "./template-card.tsx";
import { newestOfEach } from "./versions.ts";
import { WORKFLOW_COLUMNS, WorkflowHeads, WorkflowRow } from "./workflow-row.tsx";
import "./workflows.css";

const route = getRouteApi("/workflows");
export type WorkflowTab = "yours" | "gallery";

export function WorkflowsPage() {
  usePageName("Workflows");
  const { tab = "yours" } = route.useSearch();
  const navigate = route.useNavigate();
  const [text, setText] = useState("");
  const box = useRef<HTMLInputElement>(null);
  useCommand("find", () => box.current?.focus());
  return (
    <div className="page">
      <h1 className="visually-hidden">Workflows</h1>
      <TabsLine
        label="Workflows"
        value={tab}
        onChange={(next) => void navigate({ search: { tab: next === "yours" ? undefined : next } })}
        items={[
          { value: "yours", label: "Yours" },
          { value: "gallery", label: "Gallery" },
        ]}
      >
        <div className="filter">
          <TextInput
            ref={box}
            aria-label="Filter workflows"
            placeholder="Name or tag"
            leftSection={<Icon name="search" size={13} />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button component={Link} to="/workflows/new" leftSection={<Icon name="plus" size={14} />}>
            New workflow
          </Button>
        </div>
      </TabsLine>
      {tab === "yours" ? <Yours text={text.toLowerCase()} /> : <Gallery text={text.toLowerCase()} />}
    </div>
  );
}

function Yours({ text }: { text: string }) {
  const workflows = useQuery(workflowsQuery);
  const rows = useRef<RowsHandle>(null);
  const [cursor, setCursor] = useState(-1);
  const all = newestOfEach(workflows.data ?? []);
  const groups = all.filter(({ name, newest }) => `${name} ${newest.tags.join(" ")}`.toLowerCase().includes(text));
  const move = (by: number) => {
    const next = Math.max(0, Math.min(groups.length - 1, cursor + by));
    setCursor(next);
    rows.current?.focusRow(next);
  };
  useCommand("next", () => move(1));
  useCommand("previous", () => move(-1));
  useCommand("new-run", () => runDialog.set({ from: "workflow", workflowId: groups[cursor]?.newest.id ?? null }));

  if (workflows.isError)
    return (
      <div className="page-scroll">
        <ErrorNote error={workflows.error} onRetry={() => void workflows.refetch()} />
      </div>
    );
  if (workflows.isPending) return <Loading label="Loading workflows" />;
  if (groups.length === 0)
    return all.length === 0 ? (
      <NoWorkflows />
    ) : (
      <Empty icon="workflows" title="No workflow fits">
        None has this name or tag.
      </Empty>
    );
  return (
    <VirtualRows
      ref={rows}
      label="Workflows"
      count={groups.length}
      rowHeight={44}
      columns={WORKFLOW_COLUMNS}
      minWidth={700}
      head={<WorkflowHeads />}
      rowKey={(index) => groups[index]?.name ?? index}
      row={(index) => <WorkflowRow group={groups[index]} />}
      selected={cursor}
    />
  );
}

function NoWorkflows() {
  return (
    <Empty
      icon="workflows"
      title="No workflows yet"
      action={
        <Button
          variant="default"
          renderRoot={(props) => <Link to="/workflows" search={{ tab: "gallery" }} {...props} />}
        >
          Open the gallery
        </Button>
      }
    >
      A workflow is a list of steps in YAML. Write one, or begin with an example.
    </Empty>
  );
}

function Gallery({ text }: { text: string }) {
  const templates = useQuery(templatesQuery);
  const tryIt = useTryTemplate();
  const [tag, setTag] = useState<string | null>(null);
  const list = templates.data ?? [];
  const tags = [...new Set(list.flatMap((template) => template.tags))].sort();
  const shown = list.filter(
    (template) =>
      (tag === null || template.tags.includes(tag)) &&
      `${template.title} ${template.description} ${template.tags.join(" ")}`.toLowerCase().includes(text),
  );
  return (
    <div className="page-scroll gallery">
      {templates.isError && <ErrorNote error={templates.error} onRetry={() => void templates.refetch()} />}
      {templates.isPending && <Loading label="Loading the gallery" />}
      <div className="tags" role="toolbar" aria-label="Tags">
        {tags.map((each) => (
          <button
            key={each}
            type="button"
            className="chip"
            aria-pressed={tag === each}
            onClick={() => setTag(tag === each ? null : each)}
          >
            {each}
          </button>
        ))}
      </div>
      {templates.data && shown.length === 0 && <Empty icon="workflows" title="No example fits" />}
      <ul className="template-grid">
        {shown.map((template) => (
          <TemplateCard
            key={template.name}
            template={template}
            busy={tryIt.isPending && tryIt.variables.name === template.name}
            onTry={() => tryIt.mutate(template)}
          />
        ))}
      </ul>
    </div>
  );
}
