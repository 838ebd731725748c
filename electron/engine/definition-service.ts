/** Definitions: checked whole, saved as immutable versions, compiled once. All problems are reported at once, with paths. */
import { DEFINITION_LIMITS, WorkflowDefinition } from "../../shared/definition.ts";
import { checkStructure } from "../../shared/definition-check.ts";
import type { Problem } from "../../shared/error.ts";
import { AppError } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";
import { commandsOf } from "../steps/registry.ts";
import type { Store } from "../store/store.ts";
import type { DefinitionRow } from "../store/tables/definitions.ts";
import { besides, checkSteps, checkTexts, problemsOf, salvaged, stepsOf, warningsOf } from "./definition-problems.ts";
import { schemaProblems } from "./input-schema.ts";

export interface SaveDefinition {
  raw: unknown;
  /** The text as it was written, if it came as YAML. */
  source: string | null;
  /** `api`, `import`, `template:…`: where it comes from decides whether its commands need consent. */
  cameFrom: string;
  consented: boolean;
}

export interface CheckedDefinition {
  errors: Problem[];
  warnings: Problem[];
  definition: WorkflowDefinition | null;
}

export type DefinitionService = ReturnType<typeof createDefinitionService>;

export function createDefinitionService({ store, clock, ids }: { store: Store; clock: Clock; ids: Ids }) {
  /** Versions are immutable, so a parsed one is good for as long as the process lives. */
  const parsed = new Map<number, WorkflowDefinition>();

  /** Judge a definition without saving it. Rejects only with `definition_too_large`. */
  async function check(raw: unknown): Promise<CheckedDefinition> {
    refuseTooLarge(raw);
    const texts = checkTexts(raw);
    const result = WorkflowDefinition.safeParse(raw);
    if (!result.success) {
      const misfits = problemsOf(result.error, raw);
      const rest = salvaged(raw);
      const others = rest ? [...checkStructure(rest), ...checkSteps(rest), ...(await checkSchemas(rest))] : [];
      return { errors: [...misfits, ...texts, ...besides(misfits, others)], warnings: [], definition: null };
    }
    const definition = result.data;
    const schemas = await checkSchemas(definition);
    const errors = [...texts, ...checkStructure(definition), ...checkSteps(definition), ...schemas];
    return { errors, warnings: warningsOf(definition), definition: errors.length === 0 ? definition : null };
  }

  /** The definition, or an error with everything that is wrong with it. */
  async function require(raw: unknown): Promise<WorkflowDefinition> {
    const { definition, errors } = await check(raw);
    if (definition) return definition;
    const [first] = errors;
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
    throw new AppError(
      "definition_invalid",
      `${first?.path ?? "definition"}: ${first?.message ?? "is not valid"}${more}`,
      {
        problems: errors,
      },
    );
  }

  async function save(input: SaveDefinition): Promise<DefinitionRow> {
    const definition = await require(input.raw);
    const { name, version } = definition;
    const at = clock.now();
    const steps = [...definition.steps, ...(definition.finally ?? [])];
    const id = await store.write(
      "save definition",
      (tables) => {
        if (tables.definitions.taken(name, version) !== undefined) throw exists(name, version);
        return tables.definitions.insert({
          uid: ids.next(),
          name,
          version,
          description: definition.description ?? null,
          tagsJson: JSON.stringify(definition.tags),
          cameFrom: input.cameFrom,
          consentedAt: input.consented ? at : null,
          commandsJson: JSON.stringify(commandsOf(steps)),
          stepCount: steps.length,
          at,
          definitionJson: JSON.stringify(definition),
          sourceText: input.source,
        });
      },
      "request",
    );
    return requireRow(id);
  }

  function requireRow(id: number): DefinitionRow {
    const row = store.definitions.get(id);
    if (!row) throw notFound(id);
    return row;
  }

  /** A definition from elsewhere: a version that is taken becomes the next free one, and its commands wait for consent. */
  async function importOne({ raw, source }: Pick<SaveDefinition, "raw" | "source">): Promise<DefinitionRow> {
    const { name, version: wanted } = await require(raw);
    const version = store.definitions.taken(name, wanted) === undefined ? wanted : nextVersion(name);
    const isOther = version !== wanted;
    return save({
      raw: isOther ? { ...(raw as object), version } : raw,
      source: isOther && source !== null ? await withVersion(source, version) : source,
      cameFrom: "import",
      consented: false,
    });
  }

  const nextVersion = (name: string): number => store.definitions.highestVersion(name) + 1;

  return {
    check,
    require,
    save,
    importOne,
    requireRow,
    async retire(id: number): Promise<void> {
      requireRow(id);
      await store.write("retire definition", (tables) => tables.definitions.retire(id, clock.now()), "request");
    },
    async consent(id: number): Promise<DefinitionRow> {
      requireRow(id);
      await store.write("consent", (tables) => tables.definitions.consent(id, clock.now()), "request");
      return requireRow(id);
    },
    /** A saved version as data. */
    byId(id: number): WorkflowDefinition {
      const known = parsed.get(id);
      if (known) return known;
      const row = store.definitions.get(id);
      if (!row) throw notFound(id);
      const definition = WorkflowDefinition.parse(JSON.parse(row.definitionJson));
      parsed.set(id, definition);
      return definition;
    },
    /** The definition that a run carries. */
    ofRun(runId: string, workflowId: number | null): WorkflowDefinition {
      if (workflowId !== null) return this.byId(workflowId);
      return WorkflowDefinition.parse(JSON.parse(store.runs.snapshot(runId) ?? "{}"));
    },
  };
}

/** The schemas that people are asked by, as far as they are written and not filled in by a template. */
async function checkSchemas(definition: WorkflowDefinition): Promise<Problem[]> {
  const problems = definition.input_schema ? await schemaProblems(definition.input_schema, "input_schema") : [];
  for (const [path, { id, type, config }] of stepsOf(definition)) {
    const schema = config.form_schema;
    if (type !== "wait_for_human" || typeof schema !== "object" || schema === null || Array.isArray(schema)) continue;
    if (JSON.stringify(schema).includes("{{")) continue;
    const found = await schemaProblems(schema as Record<string, unknown>, `${path}.config.form_schema`);
    problems.push(...found.map((one) => ({ ...one, step_id: id, step_type: type })));
  }
  return problems;
}

/** The text as it was written, comments and all, with another version in it. */
async function withVersion(source: string, version: number): Promise<string> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(source);
  document.set("version", version);
  return document.toString();
}

function refuseTooLarge(raw: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(raw) ?? "", "utf8");
  if (bytes > DEFINITION_LIMITS.definitionBytes) {
    throw new AppError(
      "definition_too_large",
      `Workflow definition too large: ${bytes} bytes, ${DEFINITION_LIMITS.definitionBytes} are allowed.`,
      {
        hint: "Move long texts and data into files, and read them with file_read.",
      },
    );
  }
}

const exists = (name: string, version: number): AppError =>
  new AppError("definition_exists", "Workflow with same name and version already exists", {
    hint: `"${name}" has a version ${version}. Save it as a higher version; versions are never overwritten.`,
    problems: [{ path: "version", message: `"${name}" version ${version} already exists`, code: "definition_exists" }],
  });

const notFound = (id: number): AppError =>
  new AppError("workflow_not_found", "Workflow not found", { hint: `There is no workflow with the id ${id}.` });
