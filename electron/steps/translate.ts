/** A text in another language, by a language model with a fixed prompt. */
import { z } from "zod";
import { presetFields, runPreset } from "./llm-preset.ts";
import { CAPABILITY, defineStep } from "./step-type.ts";

const schema = z.strictObject({
  ...presetFields,
  target_lang: z.string().min(1).max(100).default("en").describe("A language: its code, or its name"),
  source_lang: z.string().min(1).max(100).optional().describe("Found out if not given"),
});

export const translate = defineStep({
  type: "translate",
  title: "Translate",
  group: "network",
  description: "Translates a text and keeps its form. Gives `text`, `target_lang`, `usage` and `model`.",
  schema,
  example: { text: "Guten Tag", target_lang: "en", model: "llama3.2", base_url: "http://127.0.0.1:11434/v1" },
  capability: CAPABILITY.pure,
  inner: true,
  execute(context) {
    const { target_lang, source_lang } = context.config;
    return runPreset(context, {
      instruction: [
        `Translate the text${source_lang ? ` from the language "${source_lang}"` : ""} into the language "${target_lang}".`,
        "Keep line breaks, lists, markup, names, numbers and code as they are.",
        "Answer with the translation alone.",
      ].join("\n"),
      outputs: ({ text }) => ({ text: String(text).trim(), target_lang }),
    });
  },
});
