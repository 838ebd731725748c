import { expect, test } from "vitest";
import { type ApiUnderTest, PREFIX, seedRun, startApi, TOKEN } from "./api-under-test.ts";

const MANY = 20_000;

interface Frame {
  id: number;
  event: string;
  data: { run_id: string; event_seq: number; event_id: number; status?: string };
}

/** Reads until `enough` says so or the stream ends, then hangs up. */
async function read(
  api: ApiUnderTest,
  path: string,
  { lastEventId, enough = () => false }: { lastEventId?: number; enough?: (frames: Frame[]) => boolean } = {},
): Promise<Frame[]> {
  const leave = new AbortController();
  const headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` };
  if (lastEventId !== undefined) headers["last-event-id"] = String(lastEventId);
  const response = await fetch(api.url + path, { headers, signal: leave.signal });
  expect(response.status).toBe(200);
  const frames: Frame[] = [];
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    frames.push(...blocks.flatMap(parse));
    if (enough(frames)) break;
  }
  leave.abort();
  return frames;
}

function parse(block: string): Frame[] {
  const fields = Object.fromEntries(block.split("\n").map((line) => /^(\w*): ?(.*)$/.exec(line)?.slice(1) ?? []));
  return fields.data
    ? [{ id: Number(fields.id), event: fields.event ?? "message", data: JSON.parse(fields.data) }]
    : [];
}

async function append(api: ApiUnderTest, runId: string, from: number, to: number): Promise<void> {
  await api.store.write("append", ({ events }) => {
    const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    events.append(
      runId,
      numbers.map((n) => ({ type: "log", payload: { step_id: "s", level: "info", message: `line ${n}` }, at: n })),
    );
  });
}

const end = (api: ApiUnderTest, runId: string): Promise<boolean> =>
  api.store.write("end", ({ runs }) => runs.endIdle({ runId, at: 5_000 }));

const streamOf = (runId: string): string => `${PREFIX}/runs/${runId}/events/stream`;

test("clients that keep hanging up get each of 20,000 events once and in order", async () => {
  const api = await startApi();
  await seedRun(api.store, "long");
  await append(api, "long", 1, MANY / 2);

  const followers = [700, 3100, 9999].map(async (hangUpAfter) => {
    const seen: Frame[] = [];
    while (seen.at(-1)?.event !== "end") {
      const lastEventId = seen.at(-1)?.id;
      seen.push(...(await read(api, streamOf("long"), { lastEventId, enough: (got) => got.length >= hangUpAfter })));
    }
    return seen;
  });
  // The second half comes while they read.
  for (let from = MANY / 2 + 1; from <= MANY; from += 1000) await append(api, "long", from, from + 999);
  await end(api, "long");

  for (const seen of await Promise.all(followers)) {
    const last = seen.pop();
    expect(last).toMatchObject({ event: "end", data: { run_id: "long", status: "cancelled", last_event_seq: MANY } });
    expect(seen.length).toBe(MANY);
    expect(
      seen.every(({ id, data }, index) => id === index + 1 && data.event_seq === id && data.run_id === "long"),
    ).toBe(true);
  }
});

test("the stream of all runs begins now, and goes on where a client left", async () => {
  const api = await startApi();
  await seedRun(api.store, "a");
  await seedRun(api.store, "b");
  await append(api, "a", 1, 3);
  const before = api.store.events.newestId();
  const all = `${PREFIX}/events/stream`;

  const following = read(api, all, { enough: (got) => got.length >= 2 });
  await anotherIsConnected(api);
  await append(api, "b", 1, 2);
  expect((await following).map(({ id, data }) => [id, data.run_id])).toEqual([
    [before + 1, "b"],
    [before + 2, "b"],
  ]);

  await append(api, "a", 4, 4);
  const resumed = await read(api, all, { lastEventId: before + 1, enough: (got) => got.length >= 2 });
  expect(resumed.map(({ id, data }) => [id, data.run_id, data.event_seq])).toEqual([
    [before + 2, "b", 2],
    [before + 3, "a", 4],
  ]);
});

/** The answer to a later request means that the one before it has been taken up. */
async function anotherIsConnected(api: ApiUnderTest): Promise<void> {
  const response = await fetch(`${api.url}${PREFIX}/events/stream`, { headers: { authorization: `Bearer ${TOKEN}` } });
  await response.body?.getReader().read();
  await response.body?.cancel().catch(() => undefined);
}

test("a stream of a run that is over ends after its last event", async () => {
  const api = await startApi();
  await seedRun(api.store, "over");
  await append(api, "over", 1, 2);
  await end(api, "over");
  expect((await read(api, streamOf("over"))).map(({ event }) => event)).toEqual(["message", "message", "end"]);
  expect((await read(api, streamOf("over"), { lastEventId: 2 })).map(({ event }) => event)).toEqual(["end"]);
});

test("an id that is none of this stream's is refused instead of waited for", async () => {
  const api = await startApi();
  await seedRun(api.store, "short");
  await append(api, "short", 1, 2);
  for (const id of ["abc", "-1", "1.5", "3", "99999999999999999999", "1, 2"]) {
    const answer = await api.ask(streamOf("short"), { headers: { "last-event-id": id } });
    expect(answer, id).toMatchObject({ status: 400, json: { code: "invalid_cursor", detail: "Invalid cursor" } });
  }
  expect(await api.ask(`${PREFIX}/events/stream`, { headers: { "last-event-id": "x" } })).toMatchObject({
    status: 400,
  });
  expect(await api.ask(streamOf("nobody"))).toMatchObject({ status: 404, json: { code: "run_not_found" } });
});

test("closing the server ends the streams and lets go of the bell", async () => {
  const api = await startApi();
  await seedRun(api.store, "open");
  await append(api, "open", 1, 1);
  let wasCut = false;
  const following = read(api, streamOf("open")).catch(() => {
    wasCut = true;
    return [];
  });
  await read(api, streamOf("open"), { enough: (got) => got.length === 1 });
  await api.close();
  await following;
  expect(wasCut).toBe(false);
  await expect(fetch(`${api.url}/healthz`)).rejects.toThrow();
});
