/** Saves the text as its author wrote it, and goes where the author wanted to go. */
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { addVersion, createWorkflow } from "../../shared/api/definitions.ts";
import { callWithYaml } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";
import { runDialog } from "../frame/dialogs.ts";
import { toast, toastError } from "../parts/toast.ts";

type Then = "save" | "save-and-run";

interface SaveOptions {
  base: { id: number } | null;
  text: string;
  /** Called before leaving, so that nothing asks about unsaved changes. */
  onSaved(): void;
}

export function useSave({ base, text, onSaved }: SaveOptions) {
  const navigate = useNavigate();
  const saving = useMutation({
    mutationFn: (_then: Then) =>
      base
        ? callWithYaml(addVersion, { params: { workflow_id: base.id }, yaml: text })
        : callWithYaml(createWorkflow, { yaml: text }),
    onSuccess: async (saved, then) => {
      onSaved();
      await queryClient.invalidateQueries({ queryKey: ["workflows"] });
      toast(`Saved ${saved.name} #${saved.version}.`);
      await navigate({ to: "/workflows" });
      if (then === "save-and-run") runDialog.set({ from: "workflow", workflowId: saved.id });
    },
    onError: (error) => toastError("It was not saved", error),
  });
  return { save: saving.mutate, saving: saving.isPending ? saving.variables : null };
}
