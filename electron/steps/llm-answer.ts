/** What a chat model's answer is, however it came, and how servers write what it cost. Pure. */
import { z } from "zod";

export interface ChatAnswer {
  text: string;
  /** Why the server did not want to answer. */
  refusal: string | null;
  /** `length` when the text was cut at max_tokens. */
  finish: string | null;
  /** Null where the server does not tell. */
  usage: Usage;
  costUsd: number | null;
  /** As the server names it. */
  model: string | null;
}

export interface Usage {
  input_tokens: number | null;
  output_tokens: number | null;
}

export const WireUsage = z
  .object({ prompt_tokens: z.number().nullish(), completion_tokens: z.number().nullish(), cost: z.number().nullish() })
  .nullish();

/** Usage and cost as servers write them; a cost only where the server counts it itself. */
export function usageOf(wire: z.output<typeof WireUsage>): Pick<ChatAnswer, "usage" | "costUsd"> {
  return {
    usage: { input_tokens: wire?.prompt_tokens ?? null, output_tokens: wire?.completion_tokens ?? null },
    costUsd: wire?.cost ?? null,
  };
}
