/** One step run in detail: what went wrong, what came out, what went in, how often it was tried, what it left behind. */
import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Artifact } from "../../shared/artifact.ts";
import type { StepRun } from "../../shared/run.ts";
import { isStepOver } from "../../shared/transitions.ts";
import { attemptsQuery } from "../api/queries.ts";
import { Took, When } from "../parts/clock.tsx";
import { Note } from "../parts/error-note.tsx";
import { Icon } from "../parts/icons.tsx";
import { JsonPanel } from "../parts/json-tree.tsx";
import { StepMark } from "../parts/status.tsx";
import { bytes, clockTime, duration } from "../parts/time.ts";

interface InspectorProps {
  runId: string;
  step: StepRun;
  artifacts: readonly Artifact[];
  onClose(): void;
  onOpenArtifact(artifactId: string): void;
}

export function Inspector({ runId, step, artifacts, onClose, onOpenArtifact }: InspectorProps) {
  const mine = artifacts.filter((artifact) => artifact.step_run_id === step.step_run_id);
  return (
    <aside className="inspector" aria-label={`Step ${step.step_id}`}>
      <header>
        <div className="line">
          <h2 className="inspector-title cut grow">{step.name || step.step_id}</h2>
          <ActionIcon size={24} aria-label="Close the step" onClick={onClose}>
            <Icon name="cross" size={14} />
          </ActionIcon>
        </div>
        <div className="line small dim inspector-facts">
          <StepMark status={step.status} />
          <span className="mono">{step.type}</span>
          <Took startedAt={step.started_at} durationMs={step.duration_ms} live={!isStepOver(step.status)} />
          <When at={step.started_at} />
        </div>
      </header>
      {step.error && (
        <Note tone="red" title={step.error} label="Error">
          {step.error_hint && <p>{step.error_hint}</p>}
          {step.latest_failure && <p className="mono small">{step.latest_failure.reason_code_core}</p>}
        </Note>
      )}
      {step.decision && (
        <p className="small dim">
          {step.decision === "approved" ? "Approved" : "Rejected"}
          {step.review_comment ? `: “${step.review_comment}”` : "."}
        </p>
      )}
      <JsonPanel
        title="Outputs"
        value={step.outputs}
        empty={isStepOver(step.status) ? "It gave nothing." : "Nothing yet."}
      />
      {step.outputs_truncated && <p className="small faint">Only the first 64 KiB are shown.</p>}
      <JsonPanel title="Config as resolved" value={step.inputs} empty="Not resolved yet." />
      {step.attempt_count > 1 && <Attempts runId={runId} step={step} />}
      {mine.length > 0 && (
        <section aria-label="Artifacts of this step">
          <h3 className="label">Artifacts</h3>
          {mine.map((artifact) => (
            <button
              key={artifact.artifact_id}
              type="button"
              className="inspector-line"
              onClick={() => onOpenArtifact(artifact.artifact_id)}
            >
              <Icon name="file" size={14} />
              <span className="cut grow">{artifact.name}</span>
              <span className="faint num small">{bytes(artifact.size_bytes)}</span>
            </button>
          ))}
        </section>
      )}
    </aside>
  );
}

function Attempts({ runId, step }: { runId: string; step: StepRun }) {
  const attempts = useQuery(attemptsQuery(runId, step.step_id));
  const mine = attempts.data?.attempts.filter((attempt) => attempt.step_run_id === step.step_run_id) ?? [];
  return (
    <section aria-label="Attempts">
      <h3 className="label">Attempts</h3>
      <ol className="attempts">
        {mine.map((attempt) => (
          <li key={attempt.attempt_id}>
            <span className="num faint">{attempt.attempt_number}</span>
            <StepMark status={attempt.status} />
            <span className="num small dim">{clockTime(attempt.started_at)}</span>
            <span className="num small dim">{attempt.duration_ms === null ? "" : duration(attempt.duration_ms)}</span>
            {attempt.error_summary && <span className="small run-error attempt-error">{attempt.error_summary}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}
