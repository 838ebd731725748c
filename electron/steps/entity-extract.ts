/** People, places and the like that a text names, by a language model with a fixed prompt. */
import { z } from "zod";
import { objectOf, presetFields, runPreset } from "./llm-preset.ts";
import { CAPABILITY, defineStep } from "./step-type.ts";

const schema = z.strictObject({
  ...presetFields,
  entity_types: z
    .array(z.string().min(1).max(50))
    .min(1)
    .max(20)
    .default(["person", "organization", "location", "date"])
    .describe("What to look for"),
});

const Found = z.object({ entities: z.array(z.object({ type: z.string(), name: z.string() })) });
type Found = z.output<typeof Found>;

export const entityExtract = defineStep({
  type: "entity_extract",
  title: "Names in a text",
  group: "network",
  description: "Finds what a text names. Gives `entities`, a list of names for each type, and `total_count`.",
  schema,
  example: { text: "Ada Lovelace lived in London.", model: "llama3.2", base_url: "http://127.0.0.1:11434/v1" },
  capability: CAPABILITY.pure,
  inner: true,
  execute(context) {
    const types = [...new Set(context.config.entity_types)];
    return runPreset(context, {
      instruction: [
        `Find what the text names of these types: ${types.join(", ")}.`,
        "Write each name once, as the text has it. Leave out what is of no such type.",
        'Answer with JSON: {"entities": [{"type": "…", "name": "…"}]}.',
      ].join("\n"),
      answer: objectOf({
        entities: {
          type: "array",
          items: objectOf({ type: { type: "string", enum: types }, name: { type: "string" } }),
        },
      }),
      outputs: ({ json }) => byType(Found.parse(json), types),
      nothing: { entities: {}, total_count: 0 },
      errorWord: "entity_extract_error",
    });
  },
});

function byType({ entities }: Found, types: string[]) {
  const named = types.map((type) => {
    const names = entities.filter((one) => one.type === type).map(({ name }) => name);
    return [type, [...new Set(names)]] as const;
  });
  return {
    entities: Object.fromEntries(named),
    total_count: named.reduce((count, [, names]) => count + names.length, 0),
  };
}
