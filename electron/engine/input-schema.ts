/**
 * Judges values by JSON Schemas that people write: a run's inputs, a form. The validator is loaded when first needed.
 * What a schema may take long over is judged elsewhere, within a limit: a pattern can run for ever, and nothing on this
 * thread could end it.
 */
import type { Ajv, ErrorObject, ValidateFunction } from "ajv";
import type { Problem } from "../../shared/error.ts";
import type { Json } from "../store/facts.ts";

export type ValidateInputs = (schema: Json, inputs: Json, root?: string) => Promise<Problem[]>;

export interface JudgeRequest {
  schema: Json;
  inputs: Json;
  root: string;
}

/** `inputs`: with the defaults filled in. */
export interface Judgement {
  problems: Problem[];
  inputs: Json;
}

/** Judges where it can be ended; null if it took longer than `limitMs`. */
export type JudgeElsewhere = (request: JudgeRequest, limitMs: number) => Promise<Judgement | null>;

const LIMIT_MS = 2000;
/** Keywords whose work is not bounded by the size of the schema and the inputs. */
const UNBOUNDED: ReadonlySet<string> = new Set(["pattern", "patternProperties", "$ref", "$dynamicRef", "uniqueItems"]);
/** Keywords that hold values, not schemas. */
const VALUES: ReadonlySet<string> = new Set(["default", "const", "enum", "examples"]);

/** Fills defaults into `inputs` in place; the problems name their paths under `root`, which is `inputs` if not given. */
export function createInputValidator(elsewhere: JudgeElsewhere): ValidateInputs {
  const heavy = new WeakMap<Json, boolean>();
  return async (schema, inputs, root = "inputs") => {
    const request = { schema, inputs, root };
    if (!heavy.has(schema)) heavy.set(schema, isUnbounded(schema));
    if (!heavy.get(schema)) return (await judge(request)).problems;
    const judgement = await elsewhere(request, LIMIT_MS);
    if (!judgement) return [tookTooLong(root)];
    Object.assign(inputs, judgement.inputs);
    return judgement.problems;
  };
}

// Definitions are immutable and their parsed schema objects live as long as they do, so each is compiled once.
const compiled = new WeakMap<Json, ValidateFunction>();

/** Judges here and now. `ready` is called when only the schema's own work is left. */
export async function judge({ schema, inputs, root }: JudgeRequest, ready?: () => void): Promise<Judgement> {
  const ajv = await loadAjv();
  const known = compiled.get(schema) ?? compileOrExplain(ajv, schema);
  if (typeof known === "string") {
    return { problems: [{ path: schemaField(root), message: known, code: "definition_invalid" }], inputs };
  }
  compiled.set(schema, known);
  ready?.();
  const problems = known(inputs) ? [] : (known.errors ?? []).map((error) => problemOf(error, root));
  return { problems, inputs };
}

/** What makes a schema unusable, each with its place below `path`. Empty for one that can be judged by. */
export async function schemaProblems(schema: Json, path: string): Promise<Problem[]> {
  const ajv = await loadAjv();
  const code = "definition_invalid";
  if (!ajv.validateSchema(withoutDialect(schema))) {
    const problems = (ajv.errors ?? []).map((error) => ({ ...problemOf(error, path), code }));
    // Of a keyword with several forms every form complains; the first complaint of a place names the choices.
    return problems.filter((one, index) => problems.findIndex((other) => other.path === one.path) === index);
  }
  const patterns = patternProblems(schema, path);
  if (patterns.length > 0) return patterns;
  const usable = compileOrExplain(ajv, schema);
  return typeof usable === "string" ? [{ path, message: usable, code }] : [];
}

const schemaField = (root: string): string => (root === "inputs" ? "input_schema" : "form_schema");

const tookTooLong = (root: string): Problem => ({
  path: schemaField(root),
  message: `its patterns take longer than ${LIMIT_MS / 1000} s on these values`,
  code: "input_invalid",
  hint: "Write the pattern without a repetition inside a repetition.",
});

let loaded: Promise<Ajv> | undefined;

function loadAjv(): Promise<Ajv> {
  loaded ??= import("ajv/dist/2020.js").then(
    ({ Ajv2020 }) =>
      new Ajv2020({ allErrors: true, useDefaults: true, strict: false, validateFormats: false, logger: false }),
  );
  return loaded;
}

/** Drafts 7 and 2020-12 read alike for all that people write here; only the name of the other is unknown. */
function withoutDialect({ $schema: _, ...schema }: Json): Json {
  return schema;
}

function compileOrExplain(ajv: Ajv, schema: Json): ValidateFunction | string {
  const rules = withoutDialect(schema);
  try {
    return ajv.compile(rules);
  } catch (error) {
    return `is not a usable JSON Schema: ${(error as Error).message}`;
  } finally {
    // The library keeps every schema for ever, and refuses a second one that has the same $id.
    ajv.removeSchema(rules);
  }
}

/** Generous: a property that is called like a keyword counts too. */
function isUnbounded(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  return Object.entries(schema).some(([key, inner]) => UNBOUNDED.has(key) || isUnbounded(inner));
}

function patternProblems(schema: unknown, path: string): Problem[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, inner]) => {
    const at = `${path}.${key}`;
    if (VALUES.has(key)) return [];
    if (key === "pattern" && typeof inner === "string") return brokenPattern(inner, at);
    const names = key === "patternProperties" && typeof inner === "object" && inner !== null ? Object.keys(inner) : [];
    return [...names.flatMap((name) => brokenPattern(name, `${at}.${name}`)), ...patternProblems(inner, at)];
  });
}

function brokenPattern(pattern: string, path: string): Problem[] {
  try {
    new RegExp(pattern, "u");
    return [];
  } catch (error) {
    const reason = (error as Error).message.split(": ").at(-1)?.toLowerCase() ?? "it does not parse";
    return [{ path, message: `is not a usable pattern: ${reason}`, code: "definition_invalid" }];
  }
}

function problemOf(error: ErrorObject, root: string): Problem {
  const missing = error.keyword === "required" ? `/${String(error.params.missingProperty)}` : "";
  const path = `${error.instancePath}${missing}`
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const message = error.keyword === "required" ? "is required" : withChoices(error);
  return { path: [root, ...path].join("."), message, code: "input_invalid" };
}

const withChoices = (error: ErrorObject): string =>
  error.keyword === "enum"
    ? `must be one of ${(error.params.allowedValues as unknown[]).map(String).join(", ")}`
    : (error.message ?? "is not valid");
