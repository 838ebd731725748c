/** The mood of a text, by a language model with a fixed prompt. */
import { z } from "zod";
import { objectOf, presetFields, runPreset } from "./llm-preset.ts";
import { CAPABILITY, defineStep } from "./step-type.ts";

const schema = z.strictObject(presetFields);

const Found = z.object({ sentiment: z.string(), score: z.number(), confidence: z.number() });

const ANSWER = objectOf({
  sentiment: { type: "string", enum: ["positive", "neutral", "negative"] },
  score: { type: "number", minimum: -1, maximum: 1 },
  confidence: { type: "number", minimum: 0, maximum: 1 },
});

export const sentimentAnalyze = defineStep({
  type: "sentiment_analyze",
  title: "Sentiment",
  group: "network",
  description:
    "Judges the mood of a text. Gives `sentiment` (positive, neutral, negative), `score` from -1 to 1, and `confidence`.",
  schema,
  example: { text: "I love this little app.", model: "llama3.2", base_url: "http://127.0.0.1:11434/v1" },
  capability: CAPABILITY.pure,
  inner: true,
  execute: (context) =>
    runPreset(context, {
      instruction: [
        "Judge the mood of the text: positive, neutral or negative.",
        "Give a score from -1 (as bad as can be) to 1 (as good as can be), and how sure you are from 0 to 1.",
        'Answer with JSON: {"sentiment": "neutral", "score": 0.0, "confidence": 0.8}.',
      ].join("\n"),
      answer: ANSWER,
      outputs: ({ json }) => ({ ...Found.parse(json) }),
      nothing: { sentiment: "neutral", score: 0, confidence: 0 },
      errorWord: "sentiment_analyze_error",
    }),
});
