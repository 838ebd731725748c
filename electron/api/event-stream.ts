/** Server-sent events: what `follow` finds, as text. A slow client slows the reading down, not the memory up. */
import { ReadableStream } from "node:stream/web";
import type { EventRow } from "../store/tables/events.ts";
import { type FollowOptions, type Found, follow } from "./follow.ts";
import { runEvent } from "./wire/event.ts";

export interface StreamOptions extends FollowOptions {
  idOf(row: EventRow): number;
  /** Data of the last frame. */
  end(): object;
}

/** An answer that lives until the end of the run, of the client or of the server. */
export function eventStream(options: StreamOptions): Response {
  // Node's stream and the one that Response names are the same thing under two types.
  const body = ReadableStream.from(frames(options)) as unknown as ConstructorParameters<typeof Response>[0];
  return new Response(body, {
    headers: { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" },
  });
}

async function* frames(options: StreamOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  // Sent at once, so that a client knows that it is connected although nothing has happened yet.
  yield encoder.encode(": connected\n\n");
  for await (const found of follow(options)) yield encoder.encode(textOf(found, options));
}

function textOf(found: Found, { idOf, end }: StreamOptions): string {
  switch (found.is) {
    case "page":
      return found.rows.map((row) => `id: ${idOf(row)}\ndata: ${JSON.stringify(runEvent(row))}\n\n`).join("");
    case "quiet":
      return ": still here\n\n";
    case "over":
      return `event: end\ndata: ${JSON.stringify(end())}\n\n`;
  }
}
