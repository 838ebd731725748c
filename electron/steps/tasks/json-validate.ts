/** A value against a JSON Schema. In the pool, because a schema's patterns may run away. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { messageOf } from "../../lib/app-error.ts";
import { StepError } from "../step-type.ts";

export interface JsonValidateInput {
  data: unknown;
  schema: Record<string, unknown>;
}

export interface JsonProblem {
  /** A JSON pointer; empty for the value itself. */
  path: string;
  message: string;
}

export function validateJson({ data, schema }: JsonValidateInput): { valid: boolean; errors: JsonProblem[] } {
  // Without its own `$schema`, draft 7 and 2020-12 read alike for all that people write here.
  const { $schema: _, ...rules } = schema;
  const check = compiled(rules);
  const valid = check(data);
  const errors = (check.errors ?? []).map(({ instancePath, message }) => ({
    path: instancePath,
    message: message ?? "is not valid",
  }));
  return { valid, errors };
}

function compiled(schema: object) {
  try {
    return new Ajv2020({ allErrors: true, strict: false, validateFormats: false }).compile(schema);
  } catch (error) {
    throw new StepError("validation_error", `The schema is not a JSON Schema: ${messageOf(error)}`);
  }
}
