/** Estimates how many tokens a text has. */
import { z } from "zod";
import { fromLast } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  text: z.string().optional().describe("The text; what the step before gave as text if not given"),
  model: z
    .string()
    .max(200)
    .optional()
    .describe("Only repeated in the outputs: the estimate is the same for all models"),
});

export const tokenCount = defineStep({
  type: "token_count",
  title: "Count tokens",
  group: "data",
  description:
    "Gives `token_count`, `word_count`, `char_count` and `estimated: true`. The estimate: 4 characters a token, 1 for Chinese, Japanese, Korean and Thai.",
  schema,
  example: { text: "How long is a piece of string?" },
  capability: CAPABILITY.pure,
  inner: true,
  async execute({ config, last, signal, compute }) {
    if (signal.aborted) return { status: "cancelled" };
    const text = config.text ?? fromLast(last, ["text", "content", "markdown", "stdout"]);
    if (typeof text !== "string")
      return failed("missing_text", "There is no text to count.", { hint: "Set text.", retryable: false });
    const size = await compute("token_count", { text });
    return ok({ ...size, estimated: true, ...(config.model ? { model: config.model } : {}) });
  },
});
