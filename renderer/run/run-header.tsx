/** The head of a run's page: what it is, how it stands, what can be done to it. */
import { Button, Menu } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import type { Run } from "../../shared/run.ts";
import { isTerminal } from "../../shared/transitions.ts";
import { type ControlAction, useControl } from "../api/actions.ts";
import { runDialog } from "../frame/dialogs.ts";
import { Took, When } from "../parts/clock.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Icon, type IconName } from "../parts/icons.tsx";
import { RunMark } from "../parts/status.tsx";
import { legalActions } from "../runs/legal-actions.ts";
import { whom } from "../runs/run-words.ts";

const LOOK: Record<ControlAction, { icon: IconName; label: string }> = {
  pause: { icon: "pause", label: "Pause" },
  resume: { icon: "play", label: "Resume" },
  cancel: { icon: "stop", label: "Cancel run" },
  retry: { icon: "retry", label: "Retry" },
};

export function RunHeader({ run }: { run: Run }) {
  const control = useControl();
  // A failed run has its retry in the box that says what happened.
  const actions = run.status === "failed" ? [] : legalActions(run);
  return (
    <header className="run-head">
      <div className="run-title">
        <h1 className="page-title cut">
          {run.workflow_name} <span className="faint num">#{run.definition_version ?? "–"}</span>
        </h1>
        <div className="run-facts">
          <span role="status" aria-live="polite" aria-label="Run state">
            <RunMark status={run.status} />
          </span>
          <Took startedAt={run.started_at} durationMs={run.duration_ms} live={!isTerminal(run.status)} />
          <span>
            started <When at={run.started_at ?? run.created_at} /> by {whom(run.started_by)}
          </span>
          {run.incarnation > 1 && <span>attempt {run.incarnation}</span>}
          {run.status === "waiting" && run.due_at && (
            <span>
              goes on <When at={run.due_at} />
            </span>
          )}
          {run.cancel_requested && !isTerminal(run.status) && <span>stopping…</span>}
          {run.pause_requested && run.status === "running" && <span>pausing after this step…</span>}
          {run.parent_run_id && (
            <Link to="/runs/$runId" params={{ runId: run.parent_run_id }} className="accent-link">
              from an earlier run
            </Link>
          )}
        </div>
      </div>
      <div className="line">
        {actions.map((action) => (
          <Button
            key={action}
            variant="default"
            leftSection={<Icon name={LOOK[action].icon} size={14} />}
            loading={control.isPending && control.variables.action === action}
            onClick={() => control.mutate({ runId: run.run_id, action })}
          >
            {LOOK[action].label}
          </Button>
        ))}
        <Button
          variant={run.status === "succeeded" ? "filled" : "default"}
          leftSection={<Icon name="rerun" size={14} />}
          onClick={() => runDialog.set({ from: "run", runId: run.run_id })}
        >
          Run again
        </Button>
        <More run={run} />
      </div>
    </header>
  );
}

function More({ run }: { run: Run }) {
  const navigate = useNavigate();
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" px={7} aria-label="More">
          <Icon name="dots" />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {run.workflow_id !== null && (
          <Menu.Item
            leftSection={<Icon name="edit" size={14} />}
            onClick={() =>
              void navigate({ to: "/workflows/$workflowId/edit", params: { workflowId: String(run.workflow_id) } })
            }
          >
            Edit workflow
          </Menu.Item>
        )}
        <Menu.Label>
          <span className="line mono">
            {run.run_id}
            <CopyButton text={run.run_id} label="Copy run id" />
          </span>
        </Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}
