/** Stories of server-sent events read from a body: however the bytes are cut, the frames are the same. */
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Frame, followStream, parseFrame } from "../../renderer/api/stream.ts";

test("a block becomes a frame; a comment that keeps the line open becomes nothing", () => {
  expect(parseFrame('id: 7\nevent: log\ndata: {"a":1}')).toEqual({ id: "7", event: "log", data: '{"a":1}' });
  expect(parseFrame("data: one\ndata: two")).toEqual({ id: "", event: "message", data: "one\ntwo" });
  expect(parseFrame("event: end")).toEqual({ id: "", event: "end", data: "" });
  expect(parseFrame(": still here")).toBeNull();
  expect(parseFrame("")).toBeNull();
});

// The page's own network and storage are outside this house: they are stood in for.
beforeEach(() => {
  vi.stubGlobal("window", {});
  vi.stubGlobal("location", { protocol: "http:" });
  vi.stubGlobal("sessionStorage", { getItem: () => "key" });
});
afterEach(() => vi.unstubAllGlobals());

/** Follow one answer whose body arrives in these pieces. */
async function framesFrom(pieces: Uint8Array[]): Promise<Frame[]> {
  const frames: Frame[] = [];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  vi.stubGlobal("fetch", async () => new Response(body));
  await followStream({
    address: "/stream",
    signal: new AbortController().signal,
    onFrame: (frame) => frames.push(frame),
  });
  return frames;
}

const aFrame = fc.record({
  id: fc.nat().map(String),
  event: fc.constantFrom("message", "log", "step_started"),
  // JSON has no raw line breaks, and the data of our events is JSON.
  data: fc.string({ unit: "grapheme", minLength: 1 }).map((text) => JSON.stringify(text)),
});

test("frames survive any cut of the bytes, in the middle of a letter and of a line end too", async () => {
  const world = fc.record({
    frames: fc.array(aFrame, { maxLength: 8 }),
    lineEnd: fc.constantFrom("\n", "\r\n"),
    cuts: fc.array(fc.nat({ max: 400 }), { maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(world, async ({ frames, lineEnd, cuts }) => {
      const blocks = frames.map(({ id, event, data }) => [`id: ${id}`, `event: ${event}`, `data: ${data}`]);
      const text = [...blocks, ["event: end"]].map((lines) => lines.join(lineEnd) + lineEnd.repeat(2)).join("");
      const bytes = new TextEncoder().encode(text);
      const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      const pieces = edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
      expect(await framesFrom(pieces)).toEqual(frames);
    }),
    { numRuns: 200 },
  );
});
