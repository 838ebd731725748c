/** A line in the run's log. */
import { z } from "zod";
import { asText } from "./fields.ts";
import { CAPABILITY, defineStep, ok } from "./step-type.ts";

const schema = z.strictObject({
  message: z.unknown().optional().describe("What to write; a value that is no text is written as JSON"),
  level: z.enum(["debug", "info", "warning", "error"]).default("info"),
});

export const log = defineStep({
  type: "log",
  title: "Log",
  group: "core",
  description: "Writes a line to the run's log. Gives `logged`, `message` and `level`.",
  schema,
  example: { message: "Half-way there", level: "info" },
  capability: CAPABILITY.quiet,
  inner: true,
  execute({ config, log }) {
    const message = asText(config.message);
    log(config.level, message);
    return ok({ logged: true, message, level: config.level });
  },
});
