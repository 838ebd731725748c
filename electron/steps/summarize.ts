/** A text in fewer words, by a language model with a fixed prompt. */
import { z } from "zod";
import { presetFields, runPreset } from "./llm-preset.ts";
import { CAPABILITY, defineStep } from "./step-type.ts";

const schema = z.strictObject({
  ...presetFields,
  max_words: z.int().min(5).max(5000).default(150).describe("About how long the summary may be"),
  style: z.enum(["paragraph", "bullets"]).default("paragraph"),
});

export const summarize = defineStep({
  type: "summarize",
  title: "Summarize",
  group: "network",
  description: "Says in fewer words what a text says, in the text's own language. Gives `text`, `usage` and `model`.",
  schema,
  example: { text: "A long report …", model: "llama3.2", base_url: "http://127.0.0.1:11434/v1" },
  capability: CAPABILITY.pure,
  inner: true,
  execute: (context) =>
    runPreset(context, {
      instruction: [
        `Summarize the text in at most ${context.config.max_words} words, in the language it is written in.`,
        context.config.style === "bullets"
          ? "Write a list, one point a line, each beginning with '- '."
          : "Write prose.",
        "Use only what the text says. Answer with the summary alone.",
      ].join("\n"),
      outputs: ({ text }) => ({ text: String(text).trim() }),
    }),
});
