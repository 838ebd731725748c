/** One workflow in the list: its newest version, what became of its last run, what can be done with it. */
import { ActionIcon, Button, Group, Menu, Modal } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { deleteWorkflow } from "../../shared/api/definitions.ts";
import { call } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";
import { runDialog } from "../frame/dialogs.ts";
import { When } from "../parts/clock.tsx";
import { Icon } from "../parts/icons.tsx";
import { RunMark } from "../parts/status.tsx";
import { plural } from "../parts/time.ts";
import { toast, toastError } from "../parts/toast.ts";
import { Cell, HeadCell } from "../parts/virtual-rows.tsx";
import type { WorkflowGroup } from "./versions.ts";

export const WORKFLOW_COLUMNS = "minmax(180px, 2fr) 84px minmax(80px, 1fr) minmax(150px, 1fr) 150px";

export function WorkflowHeads() {
  return (
    <>
      <HeadCell>Name</HeadCell>
      <HeadCell>Steps</HeadCell>
      <HeadCell>Tags</HeadCell>
      <HeadCell>Last run</HeadCell>
      <HeadCell>
        <span className="visually-hidden">Actions</span>
      </HeadCell>
    </>
  );
}

export function WorkflowRow({ group }: { group: WorkflowGroup | undefined }) {
  const [retiring, setRetiring] = useState(false);
  if (!group) return null;
  const { name, newest, lastRun } = group;
  return (
    <>
      <Cell>
        <Link to="/workflows/$workflowId/edit" params={{ workflowId: String(newest.id) }} className="link run-name">
          {name} <span className="faint num">#{newest.version}</span>
        </Link>
        {newest.description && <div className="small faint cut">{newest.description}</div>}
      </Cell>
      <Cell className="dim small num">{plural(newest.step_count, "step")}</Cell>
      <Cell className="small faint">{newest.tags.join(", ")}</Cell>
      <Cell className="small dim">{lastRun ? <LastRun run={lastRun} /> : <span className="faint">never</span>}</Cell>
      <Cell className="actions">
        <Button
          variant="light"
          size="compact-xs"
          leftSection={<Icon name="play" size={12} />}
          onClick={() => runDialog.set({ from: "workflow", workflowId: newest.id })}
          aria-label={`Run ${name}`}
        >
          Run
        </Button>
        <WorkflowMenu group={group} onRetire={() => setRetiring(true)} />
      </Cell>
      <RetireDialog group={group} open={retiring} onClose={() => setRetiring(false)} />
    </>
  );
}

function LastRun({ run }: { run: NonNullable<WorkflowGroup["lastRun"]> }) {
  return (
    <Link to="/runs/$runId" params={{ runId: run.run_id }} className="link line">
      <RunMark status={run.status} /> <When at={run.created_at} />
    </Link>
  );
}

function WorkflowMenu({ group: { name, newest, versions }, onRetire }: { group: WorkflowGroup; onRetire: () => void }) {
  const navigate = useNavigate();
  const edit = (id: number) => void navigate({ to: "/workflows/$workflowId/edit", params: { workflowId: String(id) } });
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size={26} aria-label={`More for ${name}`}>
          <Icon name="dots" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="edit" size={14} />} onClick={() => edit(newest.id)}>
          Edit
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon name="runs" size={14} />}
          onClick={() => void navigate({ to: "/runs", search: { q: `workflow:${name}` } })}
        >
          Show its runs
        </Menu.Item>
        {versions.length > 1 && (
          <>
            <Menu.Label>Run an earlier version</Menu.Label>
            {versions.slice(1, 9).map((version) => (
              <Menu.Item
                key={version.id}
                leftSection={<Icon name="play" size={14} />}
                onClick={() => runDialog.set({ from: "workflow", workflowId: version.id })}
              >
                #{version.version}
              </Menu.Item>
            ))}
          </>
        )}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="retire" size={14} />} color="red" onClick={onRetire}>
          Retire…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function RetireDialog({ group, open, onClose }: { group: WorkflowGroup; open: boolean; onClose: () => void }) {
  const retire = useMutation({
    mutationFn: async () => {
      for (const version of group.versions) await call(deleteWorkflow, { params: { workflow_id: version.id } });
    },
    onSuccess: () => {
      onClose();
      toast(`“${group.name}” is retired. Its runs are still under Runs.`);
    },
    onError: (error) => toastError("It was not retired", error),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ["workflows"] }),
  });
  return (
    <Modal opened={open} onClose={onClose} title={`Retire “${group.name}”?`} size="sm">
      <p className="dialog-text">
        {plural(group.versions.length, "version")} will leave this list and can no longer be started. Runs, their events
        and artifacts stay.
      </p>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button color="red" loading={retire.isPending} onClick={() => retire.mutate()}>
          Retire {plural(group.versions.length, "version")}
        </Button>
      </Group>
    </Modal>
  );
}
