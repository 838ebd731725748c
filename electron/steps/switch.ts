/** One of many ways on, by a value. */
import { z } from "zod";
import { asText } from "./fields.ts";
import { CAPABILITY, defineStep, ok } from "./step-type.ts";

const schema = z.strictObject({
  value: z.unknown().describe("A template; compared as text, exactly"),
  cases: z.record(z.string(), z.string().min(1)).describe("Value → the step to go to"),
  default: z.string().nullish().describe("The step to go to when no case fits; the next one in the list if not given"),
});

export const switchStep = defineStep({
  type: "switch",
  title: "Switch",
  group: "core",
  description: "Goes on at the step that belongs to a value. Gives `value` and the `case` that fitted, or null.",
  schema,
  example: { value: "{{ inputs.size | default('small') }}", cases: { small: "_end" }, default: null },
  capability: CAPABILITY.quiet,
  inner: false,
  execute({ config }) {
    const value = asText(config.value);
    const fits = Object.hasOwn(config.cases, value);
    return ok(
      { value: config.value, case: fits ? value : null },
      (fits ? config.cases[value] : config.default) || null,
    );
  },
});
