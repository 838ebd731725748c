/** Does a value have the shape that a JSON Schema describes? */
import { z } from "zod";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  data: z.unknown().optional().describe("The value to check; the outputs of the step before if not given"),
  schema: z.record(z.string(), z.unknown()).optional().describe("JSON Schema, draft 2020-12 or 7"),
  fail_if_invalid: z.boolean().default(false).describe("Fail the step instead of only telling"),
});

export const jsonValidate = defineStep({
  type: "json_validate",
  title: "Check JSON",
  group: "data",
  description: "Checks a value against a JSON Schema. Gives `valid` and all `errors` with their paths.",
  schema,
  example: { data: { n: 1 }, schema: { type: "object", required: ["n"] } },
  capability: CAPABILITY.pure,
  inner: true,
  async execute({ config, last, compute }) {
    if (config.schema === undefined)
      return failed("missing_schema", "There is no schema.", { hint: "Set schema.", retryable: false });
    const data = config.data === undefined ? last : config.data;
    const { valid, errors } = await compute("json_validate", { data, schema: config.schema });
    if (valid || !config.fail_if_invalid) return ok({ valid, errors });
    return failed("json_invalid", `The value does not fit: ${errors[0]?.path || "it"} ${errors[0]?.message}.`, {
      retryable: false,
      outputs: { error: "json_invalid", valid, errors },
    });
  },
});
