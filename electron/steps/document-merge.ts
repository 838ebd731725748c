/** Several texts as one. */
import { z } from "zod";
import { asText, fromLast } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  documents: z
    .array(z.unknown())
    .optional()
    .describe("Texts, or objects with text (or content) and title; the documents of the step before if not given"),
  separator: z.string().default("\n\n").describe("What stands between them; a blank line if not given"),
  add_headers: z
    .boolean()
    .default(false)
    .describe("Begin each with a heading: Document 1, and its title if it has one"),
});

export const documentMerge = defineStep({
  type: "document_merge",
  title: "Join texts",
  group: "data",
  description: "Puts texts one after another. Gives `merged`, the same as `text`, and `document_count`.",
  schema,
  example: { documents: ["First text.", "Second text."], separator: "\n\n" },
  capability: CAPABILITY.pure,
  inner: true,
  execute({ config: { documents, separator, add_headers }, last, signal }) {
    if (signal.aborted) return { status: "cancelled" };
    const list = documents ?? fromLast(last, ["documents", "results", "records"]);
    if (!Array.isArray(list)) {
      return failed("missing_documents", "There are no texts to join.", { hint: "Set documents.", retryable: false });
    }
    const texts = list.map((document, index) => {
      const { title, text } = documentOf(document);
      return add_headers ? `## Document ${index + 1}${title ? `: ${title}` : ""}\n\n${text}` : text;
    });
    const merged = texts.join(separator);
    return ok({ merged, text: merged, document_count: texts.length });
  },
});

/** A text, or the text of an object that has one; anything else is written as JSON. */
export function documentOf(document: unknown): { title: string | null; text: string } {
  if (typeof document !== "object" || document === null) return { title: null, text: asText(document) };
  const { title, text, content } = document as { title?: unknown; text?: unknown; content?: unknown };
  return { title: typeof title === "string" ? title : null, text: asText(text ?? content ?? document) };
}
