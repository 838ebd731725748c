/** Definitions as the wire shows them. */
import type { Workflow, WorkflowSummary } from "../../../shared/api/definitions.ts";
import type { WorkflowDefinition } from "../../../shared/definition.ts";
import { toIso } from "../../lib/clock.ts";
import type { DefinitionRow, FullDefinitionRow } from "../../store/tables/definitions.ts";
import type { RunRow } from "../../store/tables/runs.ts";
import { jsonTexts } from "./json.ts";

export const workflowSummary = (row: DefinitionRow, lastRun: RunRow | undefined): WorkflowSummary => ({
  id: row.id,
  uid: row.uid,
  name: row.name,
  version: row.version,
  description: row.description,
  tags: jsonTexts(row.tagsJson),
  is_active: row.isActive === 1,
  created_at: toIso(row.createdAt),
  step_count: row.stepCount,
  consent_required: waitingCommands(row),
  last_run: lastRun ? { run_id: lastRun.runId, status: lastRun.status, created_at: toIso(lastRun.createdAt) } : null,
});

export const wholeWorkflow = (row: FullDefinitionRow): Workflow => ({
  id: row.id,
  uid: row.uid,
  name: row.name,
  version: row.version,
  is_active: row.isActive === 1,
  created_at: toIso(row.createdAt),
  consent_required: waitingCommands(row),
  definition: JSON.parse(row.definitionJson) as WorkflowDefinition,
  source: row.sourceText,
});

/** Commands that were never shown and allowed. */
export const waitingCommands = (row: DefinitionRow): string[] =>
  row.consentedAt === null ? jsonTexts(row.commandsJson) : [];
