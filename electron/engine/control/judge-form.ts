/** A person's answer to a form, judged by the form's own schema. Decides and writes nothing. */
import type { Problem } from "../../../shared/error.ts";
import { AppError } from "../../lib/app-error.ts";
import type { Json } from "../../store/facts.ts";
import type { Store } from "../../store/store.ts";
import type { ValidateInputs } from "../input-schema.ts";

export interface Decision {
  runId: string;
  stepId: string;
  decision: "approved" | "rejected";
  comment: string | null;
  editedFields: Json | null;
}

/** What a person filled in must fit the form that the step asked with. Throws `input_invalid`. */
export async function judgeForm(store: Store, validate: ValidateInputs, decision: Decision): Promise<void> {
  const row = store.stepRuns.latest(decision.runId, decision.stepId);
  const schemaJson = row && store.waits.get(row.stepRunId)?.formSchemaJson;
  if (!schemaJson) return;
  const fields = decision.editedFields ?? {};
  const problems: Problem[] = await validate(JSON.parse(schemaJson) as Json, fields, "edited_fields");
  if (problems.length === 0) return;
  const [first] = problems;
  throw new AppError("input_invalid", `${first?.path ?? "edited_fields"}: ${first?.message ?? "is not valid"}`, {
    problems,
  });
}
