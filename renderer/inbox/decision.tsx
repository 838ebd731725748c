/** A question to a person, with what is needed to answer it. The same box stands in the inbox and on the run's page. */
import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { approveStep, rejectStep } from "../../shared/api/runs.ts";
import { type ResolveAction, refreshRun, useResolve } from "../api/actions.ts";
import { ApiError, call } from "../api/client.ts";
import { Fields } from "../forms/fields.tsx";
import { type Draft, draftOf, errorsByField, fieldsOf, readDraft } from "../forms/schema-fields.ts";
import { When } from "../parts/clock.tsx";
import { ErrorNote, Note } from "../parts/error-note.tsx";
import "./inbox.css";

export interface Question {
  runId: string;
  stepId: string;
  stepName: string | null;
  kind: "approval" | "human" | "interrupted";
  instructions: string | null;
  formSchema: Record<string, unknown> | null;
  deadline: string | null;
}

export function Decision({ question }: { question: Question }) {
  return question.kind === "interrupted" ? <Interrupted question={question} /> : <Approval question={question} />;
}

function Approval({ question }: { question: Question }) {
  const { runId, stepId, instructions, deadline } = question;
  const fields = fieldsOf(question.formSchema, {});
  const [draft, setDraft] = useState<Draft>(() => draftOf(fields, question.formSchema, {}));
  const [comment, setComment] = useState("");
  const [errors, setErrors] = useState<Record<string, string>>({});
  const deciding = useMutation({
    mutationFn: ({ approve, values }: { approve: boolean; values?: Record<string, unknown> }) =>
      call(approve ? approveStep : rejectStep, {
        params: { run_id: runId, step_id: stepId },
        body: { comment: comment || null, edited_fields: values && fields.length > 0 ? values : null },
      }),
    onSuccess: () => refreshRun(runId),
    onError: (error) => setErrors(error instanceof ApiError ? errorsByField(error.problems, fields) : {}),
  });
  function approve(): void {
    const read = readDraft(fields, draft);
    setErrors(read.errors);
    if (Object.keys(read.errors).length === 0) deciding.mutate({ approve: true, values: read.values });
  }
  return (
    <Note tone="violet" title={question.stepName || stepId} label={`Decision on ${stepId}`}>
      <div className="decision">
        <p className="decision-words">{instructions || "This step goes on when you approve it."}</p>
        {deadline && (
          <p className="small">
            Decide <When at={deadline} />, or it counts as a timeout.
          </p>
        )}
        {fields.length > 0 && <Fields fields={fields} draft={draft} errors={errors} onChange={setDraft} />}
        <Textarea
          label="Comment"
          autosize
          minRows={1}
          maxRows={6}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        {deciding.isError && <ErrorNote error={deciding.error} />}
        <div className="line">
          <Button onClick={approve} loading={deciding.isPending && deciding.variables.approve}>
            Approve
          </Button>
          <Button
            variant="default"
            onClick={() => deciding.mutate({ approve: false })}
            loading={deciding.isPending && !deciding.variables.approve}
          >
            Reject
          </Button>
        </div>
      </div>
    </Note>
  );
}

const CHOICES: { action: ResolveAction; label: string; means: string }[] = [
  { action: "retry", label: "Retry", means: "run it again" },
  { action: "done", label: "Mark done", means: "it did its work" },
  { action: "skip", label: "Skip", means: "go on without it" },
  { action: "fail", label: "Fail", means: "it did not work" },
];

function Interrupted({ question }: { question: Question }) {
  const resolve = useResolve(question.runId);
  return (
    <Note
      tone="violet"
      title={`“${question.stepName || question.stepId}” was interrupted`}
      label={`Decision on ${question.stepId}`}
    >
      <div className="decision">
        <p className="decision-words">
          {question.instructions ||
            "The app stopped while this step ran, and it may or may not have done its work. Look at what it touches, then say how to go on."}
        </p>
        <div className="line decision-choices">
          {CHOICES.map(({ action, label, means }) => (
            <Button
              key={action}
              variant={action === "retry" ? "filled" : "default"}
              title={means}
              loading={resolve.isPending && resolve.variables.action === action}
              onClick={() => resolve.mutate({ stepId: question.stepId, action })}
            >
              {label}
            </Button>
          ))}
        </div>
      </div>
    </Note>
  );
}
