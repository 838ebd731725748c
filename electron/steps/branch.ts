/** One of two ways on. */
import { z } from "zod";
import { CAPABILITY, defineStep, ok } from "./step-type.ts";
import { isTruthy } from "./truth.ts";

const schema = z.strictObject({
  condition: z.unknown().describe("A template; false, no, off, 0, none, null and empty are false, all else is true"),
  true_next: z.string().nullish().describe("The step to go to when true; the next one in the list if not given"),
  false_next: z.string().nullish().describe("The step to go to when false; the next one in the list if not given"),
});

export const branch = defineStep({
  type: "branch",
  title: "Branch",
  group: "core",
  description: 'Goes on at one of two steps. Gives `branch`: "true" or "false".',
  schema,
  example: { condition: "{{ inputs.urgent | default(false) }}", true_next: null, false_next: "_end" },
  capability: CAPABILITY.quiet,
  inner: false,
  execute({ config }) {
    const holds = isTruthy(config.condition);
    return ok({ branch: String(holds) }, (holds ? config.true_next : config.false_next) || null);
  },
});
