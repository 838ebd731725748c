/**
 * Hears of runs that fail, by following the same event stream as the page, so that somebody who looks elsewhere can be
 * told. No Electron here.
 */
import { streamAllEvents } from "../../shared/api/events.ts";
import { RunEvent } from "../../shared/event.ts";
import { type Clock, pause } from "../lib/clock.ts";
import { callHost, type HostAddress } from "./host-client.ts";

export interface FailedRun {
  runId: string;
  /** One sentence. */
  error: string;
}

interface FollowOptions {
  host: HostAddress;
  clock: Clock;
  signal: AbortSignal;
  onFailed(run: FailedRun): void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** Follow until the signal aborts. A broken stream is taken up again where it ended. */
export async function followFailedRuns({ host, clock, signal, onFailed }: FollowOptions): Promise<void> {
  let lastEventId: string | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      for await (const frame of readFrames(host, lastEventId, signal)) {
        pauseMs = FIRST_PAUSE_MS;
        lastEventId = frame.id ?? lastEventId;
        const failed = failedRunIn(frame.data);
        if (failed) onFailed(failed);
      }
    } catch {
      // The engine restarts, or is going down. The pause below keeps this from turning into a loop without rest.
    }
    await pause(clock, pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

interface Frame {
  id?: string;
  data: string;
}

async function* readFrames(host: HostAddress, after: string | undefined, signal: AbortSignal): AsyncGenerator<Frame> {
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (after !== undefined) headers["last-event-id"] = after;
  const { method, path } = streamAllEvents;
  const answer = await callHost(host, { method, path, headers, signal });
  if (!answer.ok || answer.body === null) throw new Error(`The event stream answered ${answer.status}`);
  let text = "";
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop() ?? "";
    yield* blocks.map(parseFrame);
  }
}

/** One block of the stream; comments and unknown fields are passed over, as the standard says. */
export function parseFrame(block: string): Frame {
  const frame: Frame = { data: "" };
  for (const line of block.split(/\r?\n/)) {
    const [, field, value = ""] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "id") frame.id = value;
    if (field === "data") frame.data += frame.data === "" ? value : `\n${value}`;
  }
  return frame;
}

function failedRunIn(data: string): FailedRun | undefined {
  if (!data.includes("run_failed")) return undefined;
  const event = RunEvent.parse(JSON.parse(data));
  if (event.event_type !== "run_failed") return undefined;
  const { error } = event.payload;
  return { runId: event.run_id, error: typeof error === "string" ? error : "It did not say why." };
}
