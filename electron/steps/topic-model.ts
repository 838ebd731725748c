/** The subjects of a text, by a language model with a fixed prompt. */
import { z } from "zod";
import { objectOf, presetFields, runPreset } from "./llm-preset.ts";
import { CAPABILITY, defineStep } from "./step-type.ts";

const schema = z.strictObject({
  ...presetFields,
  num_topics: z.int().min(1).max(50).default(5).describe("At most so many"),
});

const Found = z.object({
  topics: z.array(z.object({ topic: z.string(), weight: z.number(), keywords: z.array(z.string()) })),
});

const ANSWER = objectOf({
  topics: {
    type: "array",
    items: objectOf({
      topic: { type: "string" },
      weight: { type: "number", minimum: 0, maximum: 1 },
      keywords: { type: "array", items: { type: "string" } },
    }),
  },
});

export const topicModel = defineStep({
  type: "topic_model",
  title: "Topics",
  group: "network",
  description: "Finds the subjects of a text. Gives `topics`: the name, weight and keywords of each, weightiest first.",
  schema,
  example: { text: "Minutes of the meeting …", model: "llama3.2", base_url: "http://127.0.0.1:11434/v1" },
  capability: CAPABILITY.pure,
  inner: true,
  execute: (context) =>
    runPreset(context, {
      instruction: [
        `Name up to ${context.config.num_topics} topics that the text is about, each in one to four words.`,
        "Give each a weight from 0 to 1 for its share of the text, and up to five keywords from the text.",
        'Answer with JSON: {"topics": [{"topic": "…", "weight": 0.5, "keywords": ["…"]}]}.',
      ].join("\n"),
      answer: ANSWER,
      outputs: ({ json }) => ({
        topics: Found.parse(json)
          .topics.toSorted((a, b) => b.weight - a.weight)
          .slice(0, context.config.num_topics),
      }),
      nothing: { topics: [] },
      errorWord: "topic_model_error",
    }),
});
