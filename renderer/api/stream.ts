/** Server-sent events read by fetch, because an EventSource cannot send the token. Reconnects until it is told to stop. */
import { ApiError, send } from "./client.ts";

export interface Frame {
  id: string;
  event: string;
  data: string;
}

export interface StreamOptions {
  address: string;
  /** Go on after this event; left out, the server decides where to begin. */
  lastEventId?: string;
  onFrame(frame: Frame): void;
  onState?(state: "open" | "lost"): void;
  signal: AbortSignal;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8000;

/** Follow a stream; resolves when it says `end`, when the server refuses it for good, or on abort. */
export async function followStream(options: StreamOptions): Promise<void> {
  let lastId = options.lastEventId;
  let pauseMs = FIRST_PAUSE_MS;
  while (!options.signal.aborted) {
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (lastId !== undefined) headers["Last-Event-ID"] = lastId;
      const response = await send(options.address, { headers, signal: options.signal, cache: "no-store" });
      options.onState?.("open");
      pauseMs = FIRST_PAUSE_MS;
      for await (const frame of framesOf(response)) {
        if (frame.id) lastId = frame.id;
        if (frame.event === "end") return;
        options.onFrame(frame);
      }
    } catch (error) {
      if (options.signal.aborted) return;
      // A refusal stays one however often we ask; only an unreachable or overloaded server is worth another try.
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) return;
    }
    options.onState?.("lost");
    await pause(pauseMs, options.signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

async function* framesOf(response: Response): AsyncGenerator<Frame> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const frame = parseFrame(block);
        if (frame) yield frame;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** One block between blank lines; null for a comment that only keeps the connection alive. */
export function parseFrame(block: string): Frame | null {
  const frame: Frame = { id: "", event: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field, value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "id") frame.id = value;
    else if (field === "event") frame.event = value;
    else if (field === "data") data.push(value);
  }
  frame.data = data.join("\n");
  return frame.data || frame.event !== "message" ? frame : null;
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
