/** Puts a streamed chat answer together from its bytes. Pure: it reads no clock and no network. */
import { z } from "zod";
import { type ChatAnswer, usageOf, WireUsage } from "./llm-answer.ts";
import { answerInvalid, jsonOf, WireError, wordsOfError } from "./llm-server.ts";
import type { StepError } from "./step-type.ts";

const Piece = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: WireUsage,
  error: WireError.nullish(),
});

export interface ChatStream {
  /** Never throws; what is wrong with the stream is told at its end. */
  add(chunk: Uint8Array): void;
  /** The whole answer. Throws StepError `llm_answer_invalid` when the stream broke off or was no chat. */
  end(): ChatAnswer;
}

/** `onText` hears the text so far whenever it has grown. */
export function chatStream(onText: (soFar: string) => void): ChatStream {
  const decoder = new TextDecoder();
  const answer = {
    text: "",
    refusal: null as string | null,
    finish: null as string | null,
    model: null as string | null,
  };
  let counted = usageOf(null);
  let rest = "";
  let isDone = false;
  let problem: StepError | null = null;

  function take(line: string): void {
    if (!line.startsWith("data:") || problem) return;
    const data = line.slice("data:".length).trim();
    if (data === "[DONE]") {
      isDone = true;
      return;
    }
    const piece = Piece.safeParse(jsonOf(data));
    if (!piece.success) problem = answerInvalid("a piece of the stream is damaged.");
    else if (piece.data.error) problem = answerInvalid(`it broke off with "${wordsOfError(piece.data.error)}".`);
    else keep(piece.data);
  }

  function keep({ model, choices, usage }: z.output<typeof Piece>): void {
    const choice = choices?.[0];
    answer.model ??= model ?? null;
    answer.finish = choice?.finish_reason ?? answer.finish;
    if (usage) counted = usageOf(usage);
    if (choice?.delta?.refusal) answer.refusal = `${answer.refusal ?? ""}${choice.delta.refusal}`;
    if (!choice?.delta?.content) return;
    answer.text += choice.delta.content;
    onText(answer.text);
  }

  return {
    add(chunk) {
      const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    },
    end() {
      take(rest);
      if (problem) throw problem;
      // A connection that closes politely in mid-sentence is as broken as one that does not.
      if (!isDone && answer.finish === null) throw answerInvalid("the stream ended before the text did.");
      return { ...answer, ...counted };
    },
  };
}
