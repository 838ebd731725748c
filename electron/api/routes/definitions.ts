/** Routes of definitions. The engine checks and saves; what came through here was written by the token's holder. */
import {
  addVersion,
  consentWorkflow,
  createWorkflow,
  deleteWorkflow,
  exportWorkflow,
  getDefinitionSchema,
  getWorkflow,
  importWorkflow,
  listWorkflows,
  preflight,
} from "../../../shared/api/definitions.ts";
import type { Problem } from "../../../shared/error.ts";
import { definitionSchema } from "../../engine/definition-schema.ts";
import type { DefinitionRow } from "../../store/tables/definitions.ts";
import { type ApiApp, bind } from "../bind.ts";
import { definitionFile } from "../definition-file.ts";
import type { ApiDeps } from "../deps.ts";
import { requireDefinition } from "../require-run.ts";
import { wholeWorkflow, workflowSummary } from "../wire/definition.ts";

export function definitionRoutes(app: ApiApp, { store, engine }: ApiDeps): void {
  const summary = (row: DefinitionRow) => workflowSummary(row, store.runList.lastOfWorkflow(row.name));
  const save = async (raw: unknown, source: string | null) =>
    summary(await engine.saveDefinition({ raw, source, cameFrom: "api", consented: true }));

  bind(app, createWorkflow, ({ body, source }) => save(body, source));
  bind(app, addVersion, ({ params, body, source }) => {
    requireDefinition(store, params.workflow_id);
    return save(body, source);
  });
  bind(app, importWorkflow, async ({ body, source }) => summary(await engine.importDefinition({ raw: body, source })));
  bind(app, exportWorkflow, ({ params, query }) =>
    definitionFile(requireDefinition(store, params.workflow_id), query.format),
  );
  bind(app, getDefinitionSchema, () => definitionSchema());
  bind(app, listWorkflows, () => store.definitions.active().map(summary));
  bind(app, getWorkflow, ({ params }) => wholeWorkflow(requireDefinition(store, params.workflow_id)));
  bind(app, deleteWorkflow, async ({ params }) => {
    await engine.retireDefinition(params.workflow_id);
    return { ok: true };
  });
  bind(app, consentWorkflow, async ({ params }) => summary(await engine.consentDefinition(params.workflow_id)));
  bind(app, preflight, async ({ body }) => {
    const { errors, warnings } = await engine.checkDefinition(body.definition);
    if (body.validation_mode === "block") return { valid: errors.length === 0, errors, warnings };
    return { valid: true, errors: [], warnings: [...errors.map(asWarning), ...warnings] };
  });
}

const asWarning = (problem: Problem): Problem => ({ ...problem, code: "definition_validation_warning" });
