/** Stories of forms: fields from a JSON Schema, what they show first, and the way back to values. */
import { expect, test } from "vitest";
import { draftOf, errorsByField, fieldsOf, readDraft } from "../../renderer/forms/schema-fields.ts";

const SCHEMA = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string", title: "Name" },
    seats: { type: "integer", minimum: 1, default: 2 },
    loud: { type: "boolean" },
    drink: { enum: ["tea", 3, null] },
    tags: { type: "array", items: { type: "string" } },
    letter: { type: ["string", "null"], maxLength: 2000 },
    when: { type: "string", format: "date" },
    more: { type: "object" },
  },
};

test("every property becomes a field of its kind", () => {
  const fields = fieldsOf(SCHEMA, {});
  expect(Object.fromEntries(fields.map(({ name, kind }) => [name, kind]))).toEqual({
    name: "text",
    seats: "number",
    loud: "boolean",
    drink: "choice",
    tags: "list",
    letter: "long-text",
    when: "text",
    more: "json",
  });
  expect(fields[0]).toMatchObject({ title: "Name", required: true });
  expect(fields[1]).toMatchObject({ wholeNumber: true, min: 1, title: "seats" });
  expect(fields.find(({ name }) => name === "when")?.inputType).toBe("date");
});

test("without a schema the fields come from the default values", () => {
  const fields = fieldsOf(null, { who: "world", times: 3, sure: true, list: ["a"], deep: { a: 1 } });
  expect(fields.map(({ kind }) => kind)).toEqual(["text", "number", "boolean", "list", "json"]);
});

test("what is shown first comes back unchanged when nothing is typed", () => {
  const given = { name: "Ada", drink: null, tags: ["x"], more: { deep: [1] } };
  const fields = fieldsOf(SCHEMA, {});
  const draft = draftOf(fields, SCHEMA, given);
  expect(draft.seats).toBe(2);
  expect(readDraft(fields, draft).errors).toEqual({});
  expect(readDraft(fields, draft).values).toMatchObject({ name: "Ada", seats: 2, tags: ["x"], more: { deep: [1] } });
});

test("a field that is needed says so; an empty one that is not is left out; half-typed JSON is told", () => {
  const fields = fieldsOf(SCHEMA, {});
  const draft = { ...draftOf(fields, SCHEMA, {}), more: "{" };
  const { values, errors } = readDraft(fields, draft);
  expect(errors).toEqual({ name: "This is needed.", more: "This is not JSON yet. Text needs double quotes." });
  expect(values).not.toHaveProperty("when");
});

test("the server's problems go to their fields; the rest to the form", () => {
  const fields = fieldsOf(SCHEMA, {});
  const problem = (path: string, message: string) => ({ path, message, code: "input_invalid" });
  expect(
    errorsByField(
      [
        problem("inputs.name", "must match"),
        problem("inputs.tags.0", "is too long"),
        problem("/seats", "must be >= 1"),
        problem("inputs", "has too many fields"),
      ],
      fields,
    ),
  ).toEqual({ name: "must match", tags: "is too long", seats: "must be >= 1", "": "has too many fields" });
});
