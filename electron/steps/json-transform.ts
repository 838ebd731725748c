/** Selects, groups and reckons with JSONata. */
import { z } from "zod";
import { CAPABILITY, defineStep, ok } from "./step-type.ts";

const schema = z.strictObject({
  data: z.unknown().optional().describe("The value to work on; the outputs of the step before if not given"),
  expression: z.string().optional().describe("JSONata; . is the value itself. Not a template: values go into data"),
  query: z.string().optional().describe("Another name for expression"),
});

export const jsonTransform = defineStep({
  type: "json_transform",
  title: "Transform JSON",
  group: "data",
  description: "Evaluates a JSONata expression. Gives `result`; null where it selects nothing.",
  schema,
  example: { data: { prices: [3, 4] }, expression: "$sum(prices)" },
  capability: CAPABILITY.pure,
  // Never rendered: JSONata's own braces look like a template, and a value pasted into code would be run as code.
  raw: ["expression", "query"],
  verbatim: ["expression", "query"],
  inner: true,
  async execute({ config, last, compute }) {
    const data = config.data === undefined ? last : config.data;
    return ok({ result: await compute("jsonata", { data, expression: config.expression ?? config.query ?? "." }) });
  },
});
