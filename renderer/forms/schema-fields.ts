/**
 * A JSON Schema read as a flat form: one field per property, what it holds at first, and the way back from what was
 * typed to a value. What has no simple field is edited as JSON. Pure; the server has the last word on validity.
 */
import type { Problem } from "../../shared/error.ts";

export type FieldKind = "text" | "long-text" | "number" | "boolean" | "choice" | "list" | "json";

export interface Field {
  name: string;
  title: string;
  description: string | undefined;
  required: boolean;
  kind: FieldKind;
  /** The HTML input type of a text field: date, email, url, datetime-local … */
  inputType: string;
  choices: { value: string; label: string }[];
  wholeNumber: boolean;
  min: number | undefined;
  max: number | undefined;
}

/** What the fields hold while they are edited: text for text and JSON, numbers or "" for numbers. */
export type Draft = Record<string, unknown>;

type Schema = Record<string, unknown>;

/** The fields of an object schema, or of plain default values when there is no schema. */
export function fieldsOf(schema: Schema | null | undefined, defaults: Record<string, unknown>): Field[] {
  const properties = asRecord(schema?.properties);
  const required = new Set(Array.isArray(schema?.required) ? schema.required.map(String) : []);
  const declared = Object.entries(properties).map(([name, each]) => fieldOf(name, asRecord(each), required.has(name)));
  const undeclared = Object.entries(defaults)
    .filter(([name]) => !(name in properties))
    .map(([name, value]) => fieldOf(name, schemaOfValue(value), false));
  return [...declared, ...undeclared];
}

/** What the form shows first: the given values, else the schema's defaults, else nothing. */
export function draftOf(fields: Field[], schema: Schema | null | undefined, values: Record<string, unknown>): Draft {
  const properties = asRecord(schema?.properties);
  return Object.fromEntries(
    fields.map((field) => {
      const value = values[field.name] ?? asRecord(properties[field.name]).default;
      return [field.name, toDraft(field, value)];
    }),
  );
}

/** Back from the draft to values; an empty field that is not required is left out. */
export function readDraft(
  fields: Field[],
  draft: Draft,
): { values: Record<string, unknown>; errors: Record<string, string> } {
  const values: Record<string, unknown> = {};
  const errors: Record<string, string> = {};
  for (const field of fields) {
    const typed = draft[field.name];
    if (typed === "" || typed === undefined || typed === null) {
      if (field.required) errors[field.name] = "This is needed.";
      continue;
    }
    const read = readOne(field, typed);
    if ("error" in read) errors[field.name] = read.error;
    else values[field.name] = read.value;
  }
  return { values, errors };
}

/** The server's problems by field; those that belong to no field are under "". */
export function errorsByField(problems: readonly Problem[], fields: readonly Field[]): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const problem of problems) {
    const name = problem.path.replace(/^\/?(inputs|edited_fields)?[./]?/, "").split(/[./[]/)[0] ?? "";
    const key = fields.some((field) => field.name === name) ? name : "";
    errors[key] = [errors[key], problem.message].filter(Boolean).join(" ");
  }
  return errors;
}

function fieldOf(name: string, schema: Schema, required: boolean): Field {
  const choices = Array.isArray(schema.enum) ? schema.enum : null;
  return {
    name,
    title: typeof schema.title === "string" ? schema.title : name,
    description: typeof schema.description === "string" ? schema.description : undefined,
    required,
    kind: choices ? "choice" : kindOf(schema),
    inputType: INPUT_TYPES[String(schema.format)] ?? "text",
    choices: (choices ?? []).map((value) => ({ value: JSON.stringify(value), label: String(value) })),
    wholeNumber: schema.type === "integer",
    min: numberOr(schema.minimum),
    max: numberOr(schema.maximum),
  };
}

const INPUT_TYPES: Record<string, string> = {
  date: "date",
  email: "email",
  uri: "url",
  time: "time",
  password: "password",
};
const LONG_TEXT = 80;

function kindOf(schema: Schema): FieldKind {
  const type = Array.isArray(schema.type) ? schema.type.find((each) => each !== "null") : schema.type;
  if (type === "boolean") return "boolean";
  if (type === "number" || type === "integer") return "number";
  if (type === "array" && asRecord(schema.items).type === "string") return "list";
  if (type === "string") return isLong(schema) ? "long-text" : "text";
  return "json";
}

const isLong = (schema: Schema): boolean =>
  schema.format === "textarea" ||
  (typeof schema.maxLength === "number" && schema.maxLength > 500) ||
  (typeof schema.default === "string" && (schema.default.length > LONG_TEXT || schema.default.includes("\n")));

function schemaOfValue(value: unknown): Schema {
  if (typeof value === "string") return { type: "string", default: value };
  if (typeof value === "boolean" || typeof value === "number") return { type: typeof value };
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string")) {
    return { type: "array", items: { type: "string" } };
  }
  return {};
}

function toDraft(field: Field, value: unknown): unknown {
  if (field.kind === "boolean") return value === true;
  if (value === undefined || value === null) return field.kind === "list" ? [] : "";
  if (field.kind === "json") return JSON.stringify(value, null, 2);
  if (field.kind === "choice") return JSON.stringify(value);
  if (field.kind === "list") return Array.isArray(value) ? value.map(String) : [String(value)];
  if (field.kind === "number") return typeof value === "number" ? value : "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function readOne(field: Field, typed: unknown): { value: unknown } | { error: string } {
  if (field.kind !== "json" && field.kind !== "choice") return { value: typed };
  try {
    return { value: JSON.parse(String(typed)) as unknown };
  } catch {
    return { error: "This is not JSON yet. Text needs double quotes." };
  }
}

const numberOr = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
