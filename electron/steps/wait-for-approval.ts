/** The run stops until a person says yes or no. */
import { z } from "zod";
import { askPerson, personFields } from "./person.ts";
import { CAPABILITY, defineStep } from "./step-type.ts";

export const waitForApproval = defineStep({
  type: "wait_for_approval",
  title: "Ask for approval",
  group: "core",
  description: "Waits for a yes or no. Gives `decision`, `comment`, and what the person edited.",
  schema: z.strictObject(personFields),
  example: { instructions: "Look at the draft. Publish it?" },
  capability: CAPABILITY.local,
  inner: false,
  execute: ({ config, clock }) => askPerson("approval", config, null, clock),
});
