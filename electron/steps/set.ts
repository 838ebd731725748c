/** Named values for later steps: its outputs are the values themselves. */
import { z } from "zod";
import { CAPABILITY, defineStep, ok } from "./step-type.ts";

const schema = z.strictObject({
  values: z.record(z.string().min(1), z.unknown()).describe("Names and their values; templates keep their type"),
});

export const set = defineStep({
  type: "set",
  title: "Set values",
  group: "core",
  description: "Gives the values you write, under their names, to the steps after it.",
  schema,
  example: { values: { currency: "EUR", limit: 100 } },
  capability: CAPABILITY.quiet,
  inner: true,
  execute: ({ config }) => ok(config.values),
});
