/** Shows how two texts differ. */
import { z } from "zod";
import { saveAs } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  document_a: z.string().optional().describe("The text before"),
  document_b: z.string().optional().describe("The text after"),
  output_format: z
    .enum(["unified", "html", "side_by_side"])
    .default("unified")
    .describe("unified: a patch; html: lines in ins and del; side_by_side: two columns, and rows"),
  context_lines: z.int().min(0).max(1000).default(3).describe("unified: unchanged lines round each change"),
  name_a: z.string().min(1).max(200).default("document_a").describe("What the text before is called in the patch"),
  name_b: z.string().min(1).max(200).default("document_b").describe("What the text after is called in the patch"),
  save_as: saveAs,
});

export const documentDiff = defineStep({
  type: "document_diff",
  title: "Compare texts",
  group: "data",
  description:
    "Compares two texts line by line. Gives `diff`, `has_changes`, `additions` and `deletions` in lines, and side by side also `rows`.",
  schema,
  example: { document_a: "one\ntwo\n", document_b: "one\n2\n" },
  capability: CAPABILITY.pure,
  inner: true,
  async execute({ config, signal, compute, artifacts }) {
    if (signal.aborted) return { status: "cancelled" };
    const { document_a: before, document_b: after, output_format: format, context_lines: contextLines } = config;
    if (before === undefined || after === undefined) {
      return failed("missing_documents", "There are not two texts to compare.", {
        hint: "Set document_a and document_b.",
        retryable: false,
      });
    }
    const names = { before: config.name_a, after: config.name_b };
    const outcome = await compute("document_diff", { before, after, format, contextLines, names });
    if (!config.save_as) return ok({ ...outcome });
    const { name, mime_type } = config.save_as;
    const mimeType = mime_type ?? (format === "html" ? "text/html" : "text/plain");
    const artifact = await artifacts.add({ name, type: "report", mimeType, content: outcome.diff });
    return ok({ ...outcome, artifact });
  },
});
