/** A real server on this machine that speaks the OpenAI interface for one test: it says what it is told to, in order. */
import { answerJson, type LocalServer, localServer } from "./local-server.ts";

/** What the server does with one request: an answer in full, pieces of a stream, or anything else by hand. */
export type Turn =
  | { text: string; finish?: string; refusal?: string; usage?: Record<string, number> }
  | { pieces: string[]; end?: "done" | "cut" | "none" }
  | { status: number; error: string; headers?: Record<string, string> };

export interface ModelServer extends LocalServer {
  /** Bodies of the requests so far. */
  requests(): Record<string, unknown>[];
}

export async function modelServer(...turns: Turn[]): Promise<ModelServer> {
  const left = [...turns];
  const server = await localServer((_, response) => {
    const turn = left.shift() ?? { status: 500, error: "nothing more to say" };
    if ("status" in turn) return answerJson(response, turn.status, { error: { message: turn.error } }, turn.headers);
    if ("text" in turn) return answerJson(response, 200, wholeAnswer(turn));
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const content of turn.pieces) response.write(event({ choices: [{ delta: { content } }] }));
    if (turn.end === "cut") return response.write("data: {", () => response.socket?.destroy());
    if (turn.end === "none") return response.end();
    response.write(event({ model: "tiny-1", choices: [{ delta: {}, finish_reason: "stop" }] }));
    response.write(event({ choices: [], usage: { prompt_tokens: 5, completion_tokens: turn.pieces.length } }));
    response.end("data: [DONE]\n\n");
  });
  return { ...server, requests: () => server.asked.map(({ body }) => JSON.parse(body)) };
}

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

const wholeAnswer = ({
  text,
  finish = "stop",
  refusal,
  usage = { prompt_tokens: 3, completion_tokens: 2 },
}: {
  text: string;
  finish?: string;
  refusal?: string;
  usage?: Record<string, number>;
}) => ({
  model: "tiny-1",
  choices: [{ message: { role: "assistant", content: text, refusal }, finish_reason: finish }],
  usage,
});
