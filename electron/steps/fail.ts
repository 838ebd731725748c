/** An end that is meant: the run fails here with words of your own. */
import { z } from "zod";
import { CAPABILITY, defineStep, failed } from "./step-type.ts";

const schema = z.strictObject({
  message: z.string().min(1).default("The workflow ended itself here.").describe("Why, in a sentence"),
  code: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,59}$/, "must be lower-case words joined by _")
    .default("failed_on_purpose")
    .describe("A word for machines"),
});

export const fail = defineStep({
  type: "fail",
  title: "Fail",
  group: "core",
  description: "Fails the run, or goes to its on_failure step, with a message and a code of your own.",
  schema,
  example: { message: "There is nothing to report today.", code: "nothing_to_report" },
  capability: CAPABILITY.quiet,
  inner: true,
  execute: ({ config }) => failed(config.code, config.message, { retryable: false }),
});
