/** Start a run: pick the workflow, fill in its inputs, see what is wrong beside the field it is wrong in. */
import { Button, Group, Modal, Select } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { refreshRun, start } from "../api/actions.ts";
import { ApiError } from "../api/client.ts";
import { workflowsQuery } from "../api/queries.ts";
import { Fields } from "../forms/fields.tsx";
import { type Draft, draftOf, errorsByField, fieldsOf, readDraft } from "../forms/schema-fields.ts";
import { runDialog } from "../frame/dialogs.ts";
import { Empty, Loading } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { useStore } from "../parts/store.ts";
import { type RunOrigin, useRunOrigin } from "./use-run-origin.ts";
import { newestOfEach } from "./versions.ts";

export function RunDialog() {
  const source = useStore(runDialog);
  const close = () => runDialog.set(null);
  return (
    <Modal opened={source !== null} onClose={close} title={source?.from === "run" ? "Run again" : "New run"} size="lg">
      {source?.from === "workflow" && (
        <WorkflowPicker
          chosen={source.workflowId}
          onChoose={(workflowId) => runDialog.set({ from: "workflow", workflowId })}
        />
      )}
      {source && (source.from === "run" || source.workflowId !== null) && (
        <OriginForm key={source.from === "run" ? source.runId : source.workflowId} source={source} onClose={close} />
      )}
    </Modal>
  );
}

function WorkflowPicker({ chosen, onChoose }: { chosen: number | null; onChoose: (id: number) => void }) {
  const workflows = useQuery(workflowsQuery);
  if (workflows.isError) return <ErrorNote error={workflows.error} onRetry={() => void workflows.refetch()} />;
  if (workflows.data?.length === 0) {
    return (
      <Empty icon="workflows" title="No workflow yet">
        Write one, or take an example from the gallery, both under Workflows.
      </Empty>
    );
  }
  const data = newestOfEach(workflows.data ?? []).flatMap(({ name, versions }) =>
    versions
      .filter((version, index) => index === 0 || version.id === chosen)
      .map((version) => ({ value: String(version.id), label: `${name} #${version.version}` })),
  );
  return (
    <Select
      label="Workflow"
      placeholder="Type to search"
      searchable
      data={data}
      value={chosen === null ? null : String(chosen)}
      onChange={(value) => value && onChoose(Number(value))}
      nothingFoundMessage="No workflow is called that."
      data-autofocus={chosen === null || undefined}
      mb="md"
    />
  );
}

function OriginForm({
  source,
  onClose,
}: {
  source: NonNullable<ReturnType<typeof runDialog.get>>;
  onClose: () => void;
}) {
  const origin = useRunOrigin(source);
  if (origin.error) return <ErrorNote error={origin.error} />;
  if (!origin.data) return <Loading />;
  return <InputForm origin={origin.data} onClose={onClose} />;
}

function InputForm({ origin, onClose }: { origin: RunOrigin; onClose: () => void }) {
  const navigate = useNavigate();
  const fields = fieldsOf(origin.schema, origin.inputs);
  const [draft, setDraft] = useState<Draft>(() => draftOf(fields, origin.schema, origin.inputs));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const starting = useMutation({
    mutationFn: (inputs: Record<string, unknown>) =>
      start({ workflowId: origin.workflowId, definition: origin.definition, title: origin.title, inputs }),
    onSuccess: (run) => {
      if (!run) return;
      onClose();
      refreshRun(run.run_id);
      void navigate({ to: "/runs/$runId", params: { runId: run.run_id } });
    },
    onError: (error) => setErrors(error instanceof ApiError ? errorsByField(error.problems, fields) : {}),
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    const read = readDraft(fields, draft);
    setErrors(read.errors);
    if (Object.keys(read.errors).length === 0) starting.mutate(read.values);
  }
  const besideFields = Object.keys(errors).some((name) => name !== "");
  return (
    <form onSubmit={submit} noValidate aria-label="Inputs">
      {origin.description && <p className="dialog-text">{origin.description}</p>}
      {fields.length === 0 && <p className="dialog-text">It takes no inputs.</p>}
      <Fields fields={fields} draft={draft} errors={errors} onChange={setDraft} />
      {starting.isError && !besideFields && (
        <div className="form-error">
          <ErrorNote error={starting.error} />
        </div>
      )}
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={starting.isPending} data-autofocus={fields.length === 0 || undefined}>
          Run
        </Button>
      </Group>
    </form>
  );
}
