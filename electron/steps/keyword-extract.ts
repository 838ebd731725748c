/** The words a text is about, by a language model with a fixed prompt. */
import { z } from "zod";
import { objectOf, presetFields, runPreset } from "./llm-preset.ts";
import { CAPABILITY, defineStep } from "./step-type.ts";

const schema = z.strictObject({
  ...presetFields,
  max_keywords: z.int().min(1).max(100).default(10),
});

const Found = z.object({ keywords: z.array(z.object({ keyword: z.string(), score: z.number() })) });
type Found = z.output<typeof Found>;

const ANSWER = objectOf({
  keywords: {
    type: "array",
    items: objectOf({ keyword: { type: "string" }, score: { type: "number", minimum: 0, maximum: 1 } }),
  },
});

export const keywordExtract = defineStep({
  type: "keyword_extract",
  title: "Keywords",
  group: "network",
  description: "Finds the words and phrases a text is about. Gives `keywords`, best first, and `scored_keywords`.",
  schema,
  example: { text: "Solar panels on every roof …", model: "llama3.2", base_url: "http://127.0.0.1:11434/v1" },
  capability: CAPABILITY.pure,
  inner: true,
  execute: (context) =>
    runPreset(context, {
      instruction: [
        `Name up to ${context.config.max_keywords} keywords or short phrases that stand in the text and tell best what it is about.`,
        "Give each a score from 0 to 1 for how well it does so.",
        'Answer with JSON: {"keywords": [{"keyword": "…", "score": 0.9}]}.',
      ].join("\n"),
      answer: ANSWER,
      outputs: ({ json }) => best(Found.parse(json), context.config.max_keywords),
      nothing: { keywords: [], scored_keywords: [] },
      errorWord: "keyword_extract_error",
    }),
});

function best({ keywords }: Found, count: number) {
  const scored = keywords.toSorted((a, b) => b.score - a.score).slice(0, count);
  return { keywords: scored.map(({ keyword }) => keyword), scored_keywords: scored };
}
