/** Routes that tell what the app can do: step types, templates, whose token it is. */
import {
  addTemplate,
  authCheck,
  getTemplate,
  listStepTypes,
  listTemplates,
  listTemplateTags,
  type TemplateSummary,
} from "../../../shared/api/discovery.ts";
import type { StepTypeInfo } from "../../../shared/step-type.ts";
import { stepTypeInfos } from "../../steps/registry.ts";
import { type ApiApp, bind } from "../bind.ts";
import type { ApiDeps } from "../deps.ts";
import { waitingCommands } from "../wire/definition.ts";
import { jsonTexts } from "../wire/json.ts";

export function discoveryRoutes(app: ApiApp, { catalog, store, engine }: ApiDeps): void {
  let stepTypes: StepTypeInfo[] | null = null;
  const named = (name: string) => catalog.list().find((entry) => entry.name === name);

  bind(app, listStepTypes, () => {
    stepTypes ??= stepTypeInfos();
    return stepTypes;
  });
  bind(app, listTemplates, ({ query: { q = "", tag } }) =>
    catalog.list().filter((entry) => holds(entry, q.toLowerCase()) && (!tag || entry.tags.includes(tag))),
  );
  bind(app, listTemplateTags, () => [...new Set(catalog.list().flatMap(({ tags }) => tags))].sort());
  bind(app, getTemplate, ({ params }) => catalog.get(params.name) as Record<string, unknown>);
  bind(app, addTemplate, async ({ params: { name }, setStatus }) => {
    const template = catalog.get(name);
    const cameFrom = `template:${name}`;
    const present = store.definitions.madeFrom(cameFrom);
    if (present) {
      setStatus(200);
      return { workflow_id: present.id, created: false, consent_required: waitingCommands(present) };
    }
    // Without commands there is nothing to be asked about.
    const consented = named(name)?.commands.length === 0;
    // The name may be taken by a version that was retired since.
    const version = store.definitions.highestVersion(template.name) + 1;
    const row = await engine.saveDefinition({ raw: { ...template, version }, source: null, cameFrom, consented });
    return { workflow_id: row.id, created: true, consent_required: consented ? [] : jsonTexts(row.commandsJson) };
  });
  bind(app, authCheck, () => ({
    ok: true,
    user_id: "local",
    username: "admin",
    is_admin: true,
    tenant_id: "default",
  }));
}

const holds = ({ name, title, tags }: TemplateSummary, text: string): boolean =>
  [name, title, ...tags].some((field) => field.toLowerCase().includes(text));
