/** Texts as vectors, by a model on an OpenAI-compatible server. */
import { z } from "zod";
import { fromLast } from "./fields.ts";
import { answerInvalid, askServer, jsonOf, serverFields } from "./llm-server.ts";
import { cancellable } from "./network-failure.ts";
import { CAPABILITY, defineStep, failed, type Outputs, ok, type StepContext } from "./step-type.ts";

const schema = z.strictObject({
  model: z.string().min(1).describe("The embedding model's name, as the server knows it"),
  input: z
    .union([z.string(), z.array(z.string()).max(256)])
    .optional()
    .describe("A text or a list of them; the text of the step before if not given"),
  dimensions: z.int().min(1).optional().describe("Shorter vectors, where the model can"),
  ...serverFields,
});
type Config = z.output<typeof schema>;

export const embed = defineStep({
  type: "embed",
  title: "Embeddings",
  group: "network",
  description: "Turns texts into vectors. Gives `embeddings` in the texts' order, `dimensions`, `usage` and `model`.",
  schema,
  example: { model: "nomic-embed-text", input: ["red", "green"], base_url: "http://127.0.0.1:11434/v1" },
  // Asking again changes nothing anywhere; at most it costs once more.
  capability: CAPABILITY.pure,
  inner: true,
  execute(context) {
    const given = context.config.input ?? fromLast(context.last, ["text"]);
    const all = [given].flat();
    const texts = all.filter((text): text is string => typeof text === "string" && text !== "");
    if (texts.length === 0 || texts.length !== all.length) {
      return failed("missing_text", "There is no text to embed, or one of the texts is empty.", {
        hint: "Set input.",
        retryable: false,
        outputs: { error: "missing_text" },
      });
    }
    if (context.testMode) return ok({ dispatched: false, test_mode: true });
    return cancellable(context.signal, async () => ok(await vectors(context, texts)));
  },
});

const Answer = z.object({
  model: z.string().nullish(),
  data: z.array(z.object({ index: z.int().nullish(), embedding: z.array(z.number()).min(1) })),
  usage: z.object({ prompt_tokens: z.number().nullish() }).nullish(),
});

async function vectors(context: StepContext<Config>, texts: string[]): Promise<Outputs> {
  const { model, dimensions } = context.config;
  const body = { model, input: texts, dimensions, encoding_format: "float" };
  const response = await askServer(context, context.config, { path: "/embeddings", body });
  const answer = Answer.safeParse(jsonOf(new TextDecoder().decode(response.body)));
  if (!answer.success) throw answerInvalid("it holds no vectors.");
  const { data, usage } = answer.data;
  // The order is the index's, not the one in which they happen to arrive.
  const byText = texts.map((_, position) => data.find((one, place) => (one.index ?? place) === position)?.embedding);
  const embeddings = byText.filter((vector) => vector !== undefined);
  const length = embeddings[0]?.length ?? 0;
  if (embeddings.length !== texts.length || embeddings.some((vector) => vector.length !== length)) {
    throw answerInvalid("it has not one vector for each text, or they differ in length.");
  }
  return {
    embeddings,
    dimensions: length,
    usage: { input_tokens: usage?.prompt_tokens ?? null },
    model: answer.data.model ?? model,
  };
}
