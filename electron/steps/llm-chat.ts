/** One exchange with a chat model: the messages out, its text and what it cost back. Whole or as a stream. */
import { z } from "zod";
import { type ChatAnswer, usageOf, WireUsage } from "./llm-answer.ts";
import { answerInvalid, askServer, jsonOf, type ServerConfig } from "./llm-server.ts";
import { chatStream } from "./llm-stream.ts";
import type { Outputs, StepContext } from "./step-type.ts";

export const ChatMessage = z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: z.string() });
export type ChatMessage = z.output<typeof ChatMessage>;

export interface ChatRequest extends ServerConfig {
  model: string;
  messages: ChatMessage[];
  temperature?: number;
  max_tokens?: number;
  stream?: boolean;
  /** JSON Schema that the server is asked to keep to; whether it did is for the caller to check. */
  response_schema?: Record<string, unknown>;
}

const Answer = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: WireUsage,
});

/** Throws StepErrors: those of `askServer`, and `llm_answer_invalid` for an answer that is broken or was cut off. */
export async function chat(context: StepContext<unknown>, request: ChatRequest): Promise<ChatAnswer> {
  const body = bodyOf(request);
  if (!request.stream) return wholeAnswer((await askServer(context, request, { path: PATH, body })).body);
  const tail = shownTail(context);
  const stream = chatStream(tail.show);
  try {
    const response = await askServer(context, request, { path: PATH, body, onChunk: stream.add });
    // Some servers do not stream, and answer as if they had not been asked to.
    const isStream = (response.headers["content-type"] ?? "").includes("event-stream");
    if (!isStream) return wholeAnswer(response.body);
    // A packed stream was not heard on its way, and is here by now.
    if (response.headers["content-encoding"]) stream.add(response.body);
    return stream.end();
  } finally {
    tail.end();
  }
}

const PATH = "/chat/completions";

const bodyOf = ({
  model,
  messages,
  temperature,
  max_tokens,
  stream,
  response_schema: schema,
}: ChatRequest): Outputs => ({
  model,
  messages,
  temperature,
  max_tokens,
  ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  ...(schema ? { response_format: { type: "json_schema", json_schema: { name: "answer", schema } } } : {}),
});

function wholeAnswer(body: Uint8Array): ChatAnswer {
  const answer = Answer.safeParse(jsonOf(new TextDecoder().decode(body)));
  const choice = answer.data?.choices[0];
  if (!answer.success || !choice) throw answerInvalid("it has no message.");
  return {
    text: choice.message.content ?? "",
    refusal: choice.message.refusal ?? null,
    finish: choice.finish_reason ?? null,
    ...usageOf(answer.data.usage),
    model: answer.data.model ?? null,
  };
}

const TAIL_EVERY_MS = 250;
const TAIL_CHARACTERS = 2048;

/** Shows the end of a growing text to whoever watches, a few times a second however fast it grows. */
function shownTail({ clock, logTail }: StepContext<unknown>) {
  let latest = "";
  let cancel: (() => void) | null = null;
  const tell = () => {
    cancel = null;
    logTail({ stdout_tail: latest.slice(-TAIL_CHARACTERS) });
  };
  return {
    show(text: string): void {
      latest = text;
      cancel ??= clock.after(TAIL_EVERY_MS, tell);
    },
    end(): void {
      cancel?.();
      cancel = null;
    },
  };
}
