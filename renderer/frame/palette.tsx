/** Search and commands under Ctrl/Cmd+K: places, workflows to run, recent runs. */
import { Spotlight, type SpotlightActionGroupData, spotlight } from "@mantine/spotlight";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { WorkflowSummary } from "../../shared/api/definitions.ts";
import { runHeadQuery, workflowsQuery } from "../api/queries.ts";
import { Icon, type IconName } from "../parts/icons.tsx";
import { RunMark } from "../parts/status.tsx";
import { newestOfEach } from "../workflows/versions.ts";
import { type Command, dispatch, useCommand } from "./commands.ts";
import { runDialog } from "./dialogs.ts";
import { useBackUp } from "./tasks.ts";

const PLACES: { label: string; icon: IconName; command: Command }[] = [
  { label: "New run", icon: "play", command: "new-run" },
  { label: "Go to Runs", icon: "runs", command: "go-runs" },
  { label: "Go to Workflows", icon: "workflows", command: "go-workflows" },
  { label: "Go to Inbox", icon: "inbox", command: "go-inbox" },
  { label: "Go to Operations", icon: "operations", command: "go-operations" },
  { label: "Settings", icon: "settings", command: "settings" },
  { label: "Keyboard shortcuts", icon: "help", command: "shortcuts" },
];

const RECENT = 12;

export function Palette() {
  useCommand("palette", spotlight.open);
  const navigate = useNavigate();
  const backUp = useBackUp();
  const workflows = useQuery(workflowsQuery);
  const runs = useQuery(runHeadQuery({}));
  const actions: SpotlightActionGroupData[] = [
    {
      group: "Actions",
      actions: [
        ...PLACES.map(({ label, icon, command }) => ({
          id: command,
          label,
          leftSection: <Icon name={icon} />,
          onClick: () => void dispatch(command),
        })),
        {
          id: "new-workflow",
          label: "New workflow",
          leftSection: <Icon name="plus" />,
          onClick: () => void navigate({ to: "/workflows/new" }),
        },
        { id: "back-up", label: "Back up now", leftSection: <Icon name="shield" />, onClick: () => backUp.mutate() },
      ],
    },
    { group: "Workflows", actions: newestOfEach(workflows.data ?? []).map(({ newest }) => runAction(newest)) },
    {
      group: "Recent runs",
      actions: (runs.data?.runs ?? []).slice(0, RECENT).map((run) => ({
        id: run.run_id,
        label: run.workflow_name,
        description: run.error ?? undefined,
        keywords: [run.run_id, run.status],
        rightSection: <RunMark status={run.status} />,
        onClick: () => void navigate({ to: "/runs/$runId", params: { runId: run.run_id } }),
      })),
    },
  ];
  return (
    <Spotlight
      actions={actions}
      shortcut={null}
      nothingFound="Nothing is called that."
      highlightQuery
      overlayProps={{ backgroundOpacity: 0.3, blur: 0 }}
      attributes={{ content: { "aria-label": "Search and commands" } }}
      scrollable
      maxHeight={420}
      searchProps={{
        placeholder: "Search runs, workflows and actions",
        leftSection: <Icon name="search" />,
        "aria-label": "Search",
      }}
    />
  );
}

const runAction = (workflow: WorkflowSummary) => ({
  id: `run-${workflow.id}`,
  label: `Run ${workflow.name}`,
  description: workflow.description ?? undefined,
  leftSection: <Icon name="play" />,
  onClick: () => runDialog.set({ from: "workflow", workflowId: workflow.id }),
});
