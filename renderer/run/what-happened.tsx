/** The box on top of a run that needs attention: why it failed and what to do, or the question it asks. */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Run, StepRun } from "../../shared/run.ts";
import { useControl } from "../api/actions.ts";
import { runDialog } from "../frame/dialogs.ts";
import { Decision, type Question } from "../inbox/decision.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Note } from "../parts/error-note.tsx";

interface WhatHappenedProps {
  run: Run;
  steps: readonly StepRun[];
  onOpenStep(stepRunId: string): void;
}

export function WhatHappened({ run, steps, onOpenStep }: WhatHappenedProps) {
  const questions = steps.flatMap((step) => questionOf(run, step));
  if (questions.length > 0) {
    return (
      <div className="run-boxes">
        {questions.map((question) => (
          <Decision key={question.stepId} question={question} />
        ))}
      </div>
    );
  }
  if (run.status !== "failed") return null;
  return (
    <div className="run-boxes">
      <Failed run={run} step={steps.findLast((step) => step.status === "failed")} onOpenStep={onOpenStep} />
    </div>
  );
}

function Failed({ run, step, onOpenStep }: { run: Run; step: StepRun | undefined; onOpenStep(id: string): void }) {
  const control = useControl();
  const hint = run.error_hint ?? step?.error_hint;
  return (
    <Note
      tone="red"
      label="What happened"
      title={
        <>
          {step ? `“${step.name || step.step_id}” failed` : "The run failed"}:{" "}
          {run.error ?? step?.error ?? "no reason was recorded."}
        </>
      }
      actions={
        <>
          <Button loading={control.isPending} onClick={() => control.mutate({ runId: run.run_id, action: "retry" })}>
            Retry failed step
          </Button>
          {step && (
            <Button variant="default" onClick={() => onOpenStep(step.step_run_id)}>
              Open step
            </Button>
          )}
          <Button variant="default" onClick={() => runDialog.set({ from: "run", runId: run.run_id })}>
            Run again with other inputs
          </Button>
          {run.workflow_id !== null && (
            <Link
              to="/workflows/$workflowId/edit"
              params={{ workflowId: String(run.workflow_id) }}
              className="accent-link small"
            >
              Edit workflow
            </Link>
          )}
          <span className="grow" />
          {run.error_code && <span className="mono faint">{run.error_code}</span>}
          <CopyButton label="Copy details" text={detailsOf(run, step)} />
        </>
      }
    >
      {hint && <p>{hint}</p>}
    </Note>
  );
}

const detailsOf = (run: Run, step: StepRun | undefined): string =>
  [
    `${run.workflow_name} #${run.definition_version ?? "-"} (${run.run_id})`,
    step && `step ${step.step_id} (${step.type}), attempt ${step.attempt_count}`,
    run.error_code,
    run.error,
    run.error_hint,
  ]
    .filter(Boolean)
    .join("\n");

function questionOf(run: Run, step: StepRun): Question[] {
  const asks = step.status === "waiting_human" || step.status === "waiting_approval" || step.status === "interrupted";
  if (!asks) return [];
  return [
    {
      runId: run.run_id,
      stepId: step.step_id,
      stepName: step.name,
      kind: step.status === "interrupted" ? "interrupted" : step.status === "waiting_human" ? "human" : "approval",
      instructions: step.wait?.instructions ?? null,
      formSchema: step.wait?.form_schema ?? null,
      deadline: step.wait?.due_at ?? null,
    },
  ];
}
