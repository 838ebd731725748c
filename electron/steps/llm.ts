/** Asks a language model: any server with the OpenAI chat interface, on this machine or elsewhere. */
import { z } from "zod";
import { ChatMessage } from "./llm-chat.ts";
import { complete } from "./llm-complete.ts";
import { serverFields } from "./llm-server.ts";
import { cancellable } from "./network-failure.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z
  .strictObject({
    model: z.string().min(1).describe("The model's name, as the server knows it"),
    prompt: z.string().optional().describe("What to ask"),
    messages: z.array(ChatMessage).min(1).optional().describe("A conversation, instead of prompt"),
    system: z.string().optional().describe("How to answer; comes before all else"),
    temperature: z.number().min(0).max(2).optional(),
    max_tokens: z.int().min(1).optional().describe("At most so long an answer"),
    response_schema: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("JSON Schema of the answer; it is checked, asked for once more if it does not fit, and given as json"),
    stream: z.boolean().default(false).describe("Show the text while it grows"),
    ...serverFields,
  })
  .refine((config) => (config.prompt === undefined) !== (config.messages === undefined), {
    error: "give either prompt or messages",
  });

export const llm = defineStep({
  type: "llm",
  title: "Language model",
  group: "network",
  description:
    "Asks a model on an OpenAI-compatible server (Ollama, llama.cpp, a cloud). Gives `text`, `usage`, `model`, and `json` with a response_schema.",
  schema,
  example: { model: "llama3.2", prompt: "Say hello in one short sentence.", base_url: "http://127.0.0.1:11434/v1" },
  // Asking again changes nothing anywhere; at most it costs once more.
  capability: CAPABILITY.pure,
  inner: true,
  execute(context) {
    const { prompt, messages, system, ...rest } = context.config;
    if (!messages && !prompt?.trim()) {
      return failed("missing_prompt", "There is nothing to ask: the prompt is empty.", {
        retryable: false,
        outputs: { error: "missing_prompt" },
      });
    }
    const asked: ChatMessage[] = messages ?? [{ role: "user", content: prompt ?? "" }];
    const all: ChatMessage[] = system ? [{ role: "system", content: system }, ...asked] : asked;
    return cancellable(context.signal, async () => ok(await complete(context, { ...rest, messages: all })));
  },
});
