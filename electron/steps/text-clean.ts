/** Cleans a text. */
import { z } from "zod";
import { fromLast } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const OPERATIONS = [
  "strip_html",
  "normalize_whitespace",
  "fix_encoding",
  "strip_markdown",
  "strip_reasoning_blocks",
  "tts_normalize",
  "strip",
  "lowercase",
  "remove_urls",
  "remove_emails",
  "normalize_unicode",
] as const;

const schema = z.strictObject({
  text: z.string().optional().describe("The text; what the step before gave as text if not given"),
  operations: z
    .array(z.enum(OPERATIONS))
    .max(50)
    .default(["strip_html", "normalize_whitespace", "fix_encoding"])
    .describe("What to do, in this order"),
});

export const textClean = defineStep({
  type: "text_clean",
  title: "Clean text",
  group: "data",
  description:
    "Takes markup, odd spaces, misread letters, links or addresses out of a text. Gives `text`, `original_length` and `cleaned_length` in characters.",
  schema,
  example: { text: "<p>BIG   Word</p>", operations: ["strip_html", "normalize_whitespace", "lowercase"] },
  capability: CAPABILITY.pure,
  inner: true,
  async execute({ config, last, signal, compute }) {
    if (signal.aborted) return { status: "cancelled" };
    const text = config.text ?? fromLast(last, ["text", "content", "html", "response_text", "stdout"]);
    if (typeof text !== "string")
      return failed("missing_text", "There is no text to clean.", { hint: "Set text.", retryable: false });
    const cleaned = await compute("text_clean", { text, operations: config.operations });
    return ok({ text: cleaned, original_length: text.length, cleaned_length: cleaned.length });
  },
});
