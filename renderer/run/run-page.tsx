/** One run: its head, what needs attention, and its story in tabs. The page fetches; the parts beside it draw. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { Artifact } from "../../shared/artifact.ts";
import { isTerminal } from "../../shared/transitions.ts";
import { artifactsQuery } from "../api/queries.ts";
import { useCommand } from "../frame/commands.ts";
import { runDialog } from "../frame/dialogs.ts";
import { usePageName } from "../frame/trail.ts";
import { Loading } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { JsonPanel } from "../parts/json-tree.tsx";
import { TabsLine } from "../parts/tabs.tsx";
import { count } from "../parts/time.ts";
import { ArtifactsTab } from "./artifacts-tab.tsx";
import { DefinitionTab } from "./definition-tab.tsx";
import { EventsTab } from "./events-tab.tsx";
import { Inspector } from "./inspector.tsx";
import { Result } from "./result.tsx";
import { RunHeader } from "./run-header.tsx";
import type { RunView } from "./run-view.ts";
import { Timeline } from "./timeline.tsx";
import { useRun } from "./use-run.ts";
import type { EventLog } from "./use-run-events.ts";
import { WhatHappened } from "./what-happened.tsx";
import "./run.css";

const route = getRouteApi("/runs/$runId");

export const RUN_TABS = ["timeline", "events", "artifacts", "data", "definition"] as const;
export type RunTabName = (typeof RUN_TABS)[number];

export function RunPage() {
  const { runId } = route.useParams();
  // A page of its own for every run: nothing of the last one may linger.
  return <OneRun key={runId} runId={runId} />;
}

function OneRun({ runId }: { runId: string }) {
  const { view, log, error, retry } = useRun(runId);
  const artifacts = useQuery(artifactsQuery(runId));
  usePageName(view ? view.run.workflow_name : "Run");
  useCommand("rerun", () => runDialog.set({ from: "run", runId }));
  if (!view)
    return error ? (
      <div className="page-scroll run-error-page">
        <ErrorNote error={error} onRetry={retry} />
      </div>
    ) : (
      <Loading label="Loading the run" />
    );
  return <RunBody view={view} log={log} artifacts={artifacts.data ?? []} />;
}

function RunBody({ view, log, artifacts }: { view: RunView; log: EventLog; artifacts: readonly Artifact[] }) {
  const { tab = "timeline" } = route.useSearch();
  const navigate = route.useNavigate();
  const { run, steps } = view;
  const go = (search: { tab?: RunTabName; step?: string; artifact?: string }) =>
    void navigate({ search, replace: true });
  return (
    <div className="page">
      <RunHeader run={run} />
      <WhatHappened run={run} steps={steps} onOpenStep={(step) => go({ step })} />
      <TabsLine
        label="Parts of the run"
        value={tab}
        onChange={(next) => go({ tab: next === "timeline" ? undefined : next })}
        items={[
          { value: "timeline", label: "Timeline" },
          { value: "events", label: "Events", count: log.events.length > 0 ? count(log.events.length) : undefined },
          { value: "artifacts", label: "Artifacts", count: artifacts.length > 0 ? count(artifacts.length) : undefined },
          { value: "data", label: "Inputs & outputs" },
          { value: "definition", label: "Definition" },
        ]}
      />
      <TabBody tab={tab} view={view} log={log} artifacts={artifacts} go={go} />
    </div>
  );
}

interface TabBodyProps {
  tab: RunTabName;
  view: RunView;
  log: EventLog;
  artifacts: readonly Artifact[];
  go(search: { tab?: RunTabName; step?: string; artifact?: string }): void;
}

function TabBody({ tab, view: { run, steps }, log, artifacts, go }: TabBodyProps) {
  const { step: stepRunId, artifact } = route.useSearch();
  const live = !isTerminal(run.status);
  switch (tab) {
    case "timeline": {
      const selected = steps.find((step) => step.step_run_id === stepRunId);
      return (
        <div className="split">
          <Timeline
            steps={steps}
            events={log.events}
            live={live}
            selected={selected?.step_run_id ?? null}
            onSelect={(step) => go({ step })}
          >
            {run.status === "succeeded" && (
              <Result
                outputs={run.outputs}
                artifacts={artifacts}
                onOpenArtifact={(id) => go({ tab: "artifacts", artifact: id })}
              />
            )}
          </Timeline>
          {selected && (
            <Inspector
              runId={run.run_id}
              step={selected}
              artifacts={artifacts}
              onClose={() => go({})}
              onOpenArtifact={(id) => go({ tab: "artifacts", artifact: id })}
            />
          )}
        </div>
      );
    }
    case "events":
      return <EventsTab log={log} live={live} />;
    case "artifacts":
      return (
        <ArtifactsTab
          artifacts={artifacts}
          live={live}
          chosen={artifact}
          onChoose={(id) => go({ tab, artifact: id })}
        />
      );
    case "data":
      return (
        <div className="page-scroll data-columns">
          <JsonPanel title="Inputs" value={run.inputs} empty="It was started without inputs." />
          <JsonPanel title="Outputs" value={run.outputs} empty={live ? "Nothing yet." : "It gave nothing."} />
        </div>
      );
    case "definition":
      return <DefinitionTab runId={run.run_id} />;
  }
}
