/** One line of the run list. */
import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { RunSummary } from "../../shared/run.ts";
import { isTerminal } from "../../shared/transitions.ts";
import { type ControlAction, useControl } from "../api/actions.ts";
import { runQuery } from "../api/queries.ts";
import { runDialog } from "../frame/dialogs.ts";
import { touchedRuns } from "../frame/use-live.ts";
import { Took, When } from "../parts/clock.tsx";
import { Icon, type IconName } from "../parts/icons.tsx";
import { RunMark, runLook } from "../parts/status.tsx";
import { useStore } from "../parts/store.ts";
import { Cell } from "../parts/virtual-rows.tsx";
import { legalActions } from "./legal-actions.ts";
import { reasonWords } from "./run-words.ts";

/** A row beyond the live page follows its run by itself, for as long as the run goes on. */
export function FollowedRunRow({ run }: { run: RunSummary }) {
  const touched = useStore(touchedRuns).has(run.run_id);
  const fresh = useQuery({ ...runQuery(run.run_id), enabled: touched && !isTerminal(run.status) });
  return <RunRow run={fresh.data ?? run} />;
}

export function RunRow({ run }: { run: RunSummary }) {
  return (
    <>
      <Cell>
        <RunMark status={run.status} />
      </Cell>
      <Cell>
        <Link to="/runs/$runId" params={{ runId: run.run_id }} className="link run-name" title={run.run_id}>
          {run.workflow_name}
          <span className="faint num"> #{run.definition_version ?? "–"}</span>
        </Link>
      </Cell>
      <Cell className="dim small">
        <When at={run.started_at ?? run.created_at} />
      </Cell>
      <Cell className="end dim">
        <Took startedAt={run.started_at} durationMs={run.duration_ms} live={run.status === "running"} />
      </Cell>
      <Cell>
        <Progress run={run} />
      </Cell>
      <Cell className="run-words small">{wordsOf(run)}</Cell>
      <Cell className="actions">
        <RowActions run={run} />
      </Cell>
    </>
  );
}

function wordsOf(run: RunSummary) {
  if (run.status === "failed")
    return (
      <span className="run-error" title={run.error ?? ""}>
        {run.error}
      </span>
    );
  if (run.cancel_requested && !isTerminal(run.status)) return <span className="dim">stopping…</span>;
  if (run.pause_requested && run.status === "running") return <span className="dim">pausing after this step…</span>;
  if (run.status === "waiting" && run.due_at)
    return (
      <span className="dim">
        {run.status_reason === "retry" ? "tries again" : "goes on"} <When at={run.due_at} />
      </span>
    );
  return <span className="dim">{reasonWords(run)}</span>;
}

function Progress({ run }: { run: RunSummary }) {
  // A run that succeeded is at its end, however many steps its branches left out.
  const part = run.status === "succeeded" ? 1 : Math.min(1, run.steps_done / Math.max(run.steps_total, 1));
  const words = `${run.steps_done} of ${run.steps_total} steps${run.current_step ? `, at ${run.current_step}` : ""}`;
  return (
    <div
      className="progress"
      title={words}
      data-over={isTerminal(run.status) || undefined}
      data-tone={runLook(run.status).tone}
    >
      <div className="progress-track" role="img" aria-label={words}>
        <div className="progress-done" style={{ transform: `scaleX(${part})` }} />
      </div>
      <span className="progress-step small cut">
        {!isTerminal(run.status) && run.current_step ? (
          run.current_step
        ) : (
          <span className="faint num">
            {run.steps_done}/{run.steps_total}
          </span>
        )}
      </span>
    </div>
  );
}

const LOOK: Record<ControlAction, { icon: IconName; label: string }> = {
  pause: { icon: "pause", label: "Pause" },
  resume: { icon: "play", label: "Resume" },
  cancel: { icon: "stop", label: "Cancel" },
  retry: { icon: "retry", label: "Retry" },
};

function RowActions({ run }: { run: RunSummary }) {
  const control = useControl();
  return (
    <div className="row-actions">
      {legalActions(run).map((action) => (
        <Tooltip key={action} label={LOOK[action].label}>
          <ActionIcon
            size={24}
            aria-label={`${LOOK[action].label} ${run.workflow_name}`}
            onClick={() => control.mutate({ runId: run.run_id, action })}
          >
            <Icon name={LOOK[action].icon} size={14} />
          </ActionIcon>
        </Tooltip>
      ))}
      <Menu>
        <Menu.Target>
          <ActionIcon size={24} aria-label={`More for ${run.workflow_name}`}>
            <Icon name="dots" size={14} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<Icon name="rerun" size={14} />}
            onClick={() => runDialog.set({ from: "run", runId: run.run_id })}
          >
            Run again…
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="copy" size={14} />}
            onClick={() => void navigator.clipboard.writeText(run.run_id)}
          >
            Copy run id
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
