/**
 * The definition format as JSON Schema, for editors: made from the schemas that judge a definition when it is saved, with
 * each step type's own config. What needs the whole definition (targets, cycles) is beyond such a schema.
 */
import { z } from "zod";
import { StepDefinition, WorkflowDefinition } from "../../shared/definition.ts";
import { STEP_TYPES } from "../steps/registry.ts";
import type { StepType } from "../steps/step-type.ts";

type Schema = Record<string, unknown>;

let made: Schema | undefined;

/** The same object each time; it is not to be changed. */
export function definitionSchema(): Schema {
  made ??= makeSchema();
  return made;
}

function makeSchema(): Schema {
  const { $schema, ...whole } = asSchema(WorkflowDefinition);
  const properties = whole.properties as Record<string, Schema>;
  const steps = { $ref: "#/$defs/step" };
  return {
    $schema,
    title: "Workflow definition",
    ...whole,
    properties: {
      ...properties,
      steps: { ...properties.steps, items: steps },
      finally: { anyOf: [{ type: "array", items: steps }, { type: "null" }] },
    },
    $defs: { step: { oneOf: [...STEP_TYPES.values()].map(stepSchema) } },
  };
}

/** A step of one type: the fields that every step has, and the config of its type. */
function stepSchema(type: StepType): Schema {
  const { $schema: _, ...step } = asSchema(StepDefinition);
  const { $schema: __, ...config } = asSchema(type.schema);
  const needed = (config.required as string[] | undefined) ?? [];
  return {
    ...step,
    title: type.title,
    description: type.description,
    properties: {
      ...(step.properties as Schema),
      type: { const: type.type },
      config: { ...config, properties: orTemplates((config.properties as Record<string, Schema> | undefined) ?? {}) },
    },
    required: ["id", "type", ...(needed.length > 0 ? ["config"] : [])],
  };
}

/** Any field may be a template, whatever its type is once that is resolved. */
const orTemplates = (properties: Record<string, Schema>): Schema =>
  Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      { anyOf: [schema, { type: "string", pattern: "\\{\\{|\\{%" }], description: schema.description },
    ]),
  );

const asSchema = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) as Schema;
