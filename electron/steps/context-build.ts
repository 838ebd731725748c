/** One text of limited length from several sources: what a model, or a person, is to read. */
import { z } from "zod";
import { documentOf } from "./document-merge.ts";
import { asText } from "./fields.ts";
import { CAPABILITY, defineStep, ok, type StepContext } from "./step-type.ts";

const label = z.string().min(1).max(200).optional().describe("Written above it in bold");

const source = z.union([
  z.string(),
  z.strictObject({ type: z.literal("text"), text: z.string(), label }),
  z.strictObject({ type: z.literal("documents"), documents: z.array(z.unknown()), label }),
]);

/** A rule of thumb for European languages. */
const CHARACTERS_PER_TOKEN = 4;

const schema = z.strictObject({
  sources: z
    .array(source)
    .max(1000)
    .default([])
    .describe("Texts, or {type: text, text}, or {type: documents, documents}"),
  max_tokens: z.int().min(1).max(10_000_000).default(4000).describe("The longest result, at 4 characters a token"),
  separator: z.string().default("\n\n").describe("What stands between them; a blank line if not given"),
  include_inputs: z.boolean().default(false).describe("Add the inputs of the run"),
  include_prev: z.boolean().default(false).describe("Add the outputs of the step before"),
});
type Config = z.output<typeof schema>;

export const contextBuild = defineStep({
  type: "context_build",
  title: "Build a context",
  group: "data",
  description:
    "Joins sources into one text and cuts it at the limit. Gives `context`, the same as `text`, `source_count`, `total_chars` and `truncated`.",
  schema,
  example: { sources: ["Be brief.", { type: "text", text: "The shop opens at nine.", label: "Facts" }] },
  capability: CAPABILITY.pure,
  inner: true,
  async execute(context) {
    if (context.signal.aborted) return { status: "cancelled" };
    const { separator, max_tokens } = context.config;
    const parts = (await partsOf(context)).filter((part) => part !== "");
    const whole = parts.join(separator);
    const text = whole.slice(0, max_tokens * CHARACTERS_PER_TOKEN);
    return ok({
      context: text,
      text,
      source_count: parts.length,
      total_chars: text.length,
      truncated: text.length < whole.length,
    });
  },
});

async function partsOf({ config, last, render }: StepContext<Config>): Promise<string[]> {
  const parts = config.sources.flatMap((source) => {
    if (typeof source === "string") return [source];
    if (source.type === "text") return [labelled(source.text, source.label)];
    return source.documents.map((document) => {
      const { title, text } = documentOf(document);
      return labelled(text, source.label ?? title ?? undefined);
    });
  });
  if (config.include_inputs) parts.push(labelled(asText(await render("{{ inputs }}")), "Inputs"));
  if (config.include_prev && last) parts.push(labelled(asText(last), "Previous"));
  return parts;
}

const labelled = (text: string, label: string | undefined): string => (label ? `**${label}:**\n${text}` : text);
