/** Definitions: save, list, read, retire, check. A definition is immutable; a change is a new version with an id of its own. */
import { z } from "zod";
import { WorkflowDefinition } from "../definition.ts";
import { Problem } from "../error.ts";
import { endpoint, WORKFLOWS_PREFIX, WorkflowParams } from "./endpoint.ts";

const tag = "Definitions";

/** A body whose shape the definition check judges itself, so that all its problems are reported at once. */
const RawDefinition = z.record(z.string(), z.unknown());

export const WorkflowSummary = z.object({
  id: z.int(),
  uid: z.string(),
  name: z.string(),
  version: z.int(),
  description: z.string().nullable(),
  tags: z.array(z.string()),
  is_active: z.boolean(),
  created_at: z.string(),
  step_count: z.int(),
  /** Commands that must be allowed once before this definition may run; empty when nothing waits for consent. */
  consent_required: z.array(z.string()),
  last_run: z.object({ run_id: z.string(), status: z.string(), created_at: z.string() }).nullable(),
});
export type WorkflowSummary = z.infer<typeof WorkflowSummary>;

export const Workflow = z.object({
  id: z.int(),
  uid: z.string(),
  name: z.string(),
  version: z.int(),
  is_active: z.boolean(),
  created_at: z.string(),
  consent_required: z.array(z.string()),
  definition: WorkflowDefinition,
  /** As it was written, if it came as YAML: comments and order are kept for the editor. */
  source: z.string().nullable(),
});
export type Workflow = z.infer<typeof Workflow>;

const saveErrors = ["definition_invalid", "definition_exists", "definition_too_large", "invalid_json"] as const;

export const createWorkflow = endpoint({
  method: "POST",
  path: WORKFLOWS_PREFIX,
  tag,
  summary: "Save a definition (JSON or YAML)",
  body: RawDefinition,
  reply: WorkflowSummary,
  status: 201,
  errors: saveErrors,
});

export const listWorkflows = endpoint({
  method: "GET",
  path: WORKFLOWS_PREFIX,
  tag,
  summary: "All active definitions, every version, by name and then newest version first",
  reply: z.array(WorkflowSummary),
});

export const getWorkflow = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/{workflow_id}`,
  tag,
  summary: "One definition",
  params: WorkflowParams,
  reply: Workflow,
  errors: ["workflow_not_found"],
});

export const addVersion = endpoint({
  method: "POST",
  path: `${WORKFLOWS_PREFIX}/{workflow_id}/versions`,
  tag,
  summary: "Save a new version beside an existing one",
  params: WorkflowParams,
  body: RawDefinition,
  reply: WorkflowSummary,
  status: 201,
  errors: ["workflow_not_found", ...saveErrors],
});

export const deleteWorkflow = endpoint({
  method: "DELETE",
  path: `${WORKFLOWS_PREFIX}/{workflow_id}`,
  tag,
  summary: "Retire one version; its runs stay",
  params: WorkflowParams,
  reply: z.object({ ok: z.literal(true) }),
  errors: ["workflow_not_found"],
});

export const consentWorkflow = endpoint({
  method: "POST",
  path: `${WORKFLOWS_PREFIX}/{workflow_id}/consent`,
  tag,
  summary: "Allow the commands of a definition that came from elsewhere",
  params: WorkflowParams,
  reply: WorkflowSummary,
  errors: ["workflow_not_found"],
});

export const importWorkflow = endpoint({
  method: "POST",
  path: `${WORKFLOWS_PREFIX}/import`,
  tag,
  summary: "Save a definition from elsewhere (JSON or YAML); a taken version becomes the next free one",
  body: RawDefinition,
  reply: WorkflowSummary,
  status: 201,
  errors: saveErrors,
});

export const exportWorkflow = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/{workflow_id}/export`,
  tag,
  summary: "A definition as a file, in YAML as it was written if it came so",
  params: WorkflowParams,
  query: z.object({ format: z.enum(["yaml", "json"]).default("yaml") }),
  reply: z.string(),
  contentType: "application/yaml",
  errors: ["workflow_not_found"],
});

export const getDefinitionSchema = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/definition-schema`,
  tag,
  summary: "JSON Schema of a definition, with the config of every step type",
  reply: z.record(z.string(), z.unknown()),
});

export const preflight = endpoint({
  method: "POST",
  path: `${WORKFLOWS_PREFIX}/preflight`,
  tag,
  summary: "Check a definition without saving it",
  body: z.object({
    definition: z.unknown(),
    validation_mode: z.enum(["block", "non-block"]).default("block"),
  }),
  reply: z.object({ valid: z.boolean(), errors: z.array(Problem), warnings: z.array(Problem) }),
  readOnly: true,
});
