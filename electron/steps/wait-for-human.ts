/** The run stops until a person fills in a form. */
import { z } from "zod";
import { askPerson, personFields } from "./person.ts";
import { CAPABILITY, defineStep } from "./step-type.ts";

const schema = z.strictObject({
  ...personFields,
  form_schema: z.record(z.string(), z.unknown()).nullish().describe("JSON Schema of what to fill in; draws the form"),
});

export const waitForHuman = defineStep({
  type: "wait_for_human",
  title: "Ask a person",
  group: "core",
  description: "Waits for a person to fill in a form. Gives `decision`, `comment`, and the form's fields.",
  schema,
  example: {
    instructions: "Which region is this for?",
    form_schema: {
      type: "object",
      properties: { region: { type: "string", enum: ["North", "South"] } },
      required: ["region"],
    },
  },
  capability: CAPABILITY.local,
  inner: false,
  execute: ({ config, clock }) => askPerson("human", config, config.form_schema ?? null, clock),
});
