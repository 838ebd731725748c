/** Judges values by JSON Schemas that people write: a run's inputs, a form. The validator is loaded when first needed. */
import type { Ajv, ErrorObject, ValidateFunction } from "ajv";
import type { Problem } from "../../shared/error.ts";
import type { Json } from "../store/facts.ts";

export type ValidateInputs = (schema: Json, inputs: Json, root?: string) => Promise<Problem[]>;

/** Fills defaults into `inputs` in place; the problems name their paths under `root`, which is `inputs` if not given. */
export function createInputValidator(): ValidateInputs {
  let ajv: Ajv | undefined;
  // Definitions are immutable and their parsed schema objects live as long as they do, so each is compiled once.
  const compiled = new WeakMap<Json, ValidateFunction>();
  return async (schema, inputs, root = "inputs") => {
    ajv ??= await loadAjv();
    const known = compiled.get(schema) ?? compileOrExplain(ajv, schema);
    if (typeof known === "string") return [{ path: "input_schema", message: known, code: "definition_invalid" }];
    compiled.set(schema, known);
    if (known(inputs)) return [];
    return (known.errors ?? []).map((error) => problemOf(error, root));
  };
}

async function loadAjv(): Promise<Ajv> {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  return new Ajv2020({ allErrors: true, useDefaults: true, strict: false, validateFormats: false });
}

function compileOrExplain(ajv: Ajv, schema: Json): ValidateFunction | string {
  try {
    const validate = ajv.compile(schema);
    // The library keeps every schema for ever, and refuses a second one that has the same $id.
    ajv.removeSchema(schema);
    return validate;
  } catch (error) {
    return `is not a usable JSON Schema: ${(error as Error).message}`;
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
