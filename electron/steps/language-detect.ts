/** Guesses the language of a text. */
import { z } from "zod";
import { fromLast } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  text: z.string().optional().describe("The text; what the step before gave as text if not given"),
});

export const languageDetect = defineStep({
  type: "language_detect",
  title: "Detect the language",
  group: "data",
  description:
    "Guesses by script and common words, without a model. Gives `language` (a two-letter code, und if unsure), `confidence` from 0 to 1, `method` and `candidates`.",
  schema,
  example: { text: "Dies ist ein Satz, und er ist nicht lang." },
  capability: CAPABILITY.pure,
  inner: true,
  async execute({ config, last, signal, compute }) {
    if (signal.aborted) return { status: "cancelled" };
    const text = config.text ?? fromLast(last, ["text", "content", "markdown", "stdout"]);
    if (typeof text !== "string")
      return failed("missing_text", "There is no text to look at.", { hint: "Set text.", retryable: false });
    return ok({ ...(await compute("language_detect", { text })) });
  },
});
