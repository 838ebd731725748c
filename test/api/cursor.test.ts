import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeEventCursor,
  decodeRunCursor,
  encodeEventCursor,
  encodeRunCursor,
  hashOfFilters,
} from "../../electron/api/cursor.ts";
import { AppError } from "../../electron/lib/app-error.ts";
import { type ApiUnderTest, PREFIX, seedRun, startApi } from "./api-under-test.ts";

const RUNS = `${PREFIX}/runs`;
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const someCursor = fc.record({
  order_by: fc.constantFrom("created_at" as const, "started_at" as const, "ended_at" as const),
  order_desc: fc.boolean(),
  last_ts: fc.option(fc.nat(), { nil: null }),
  last_id: fc.string({ minLength: 1, maxLength: 100 }),
  f: fc.string({ maxLength: 20 }),
});

test("a cursor says again exactly what went into it", () => {
  fc.assert(
    fc.property(someCursor, (cursor) => {
      expect(decodeRunCursor(encodeRunCursor(cursor), cursor.f)).toEqual(cursor);
    }),
  );
  fc.assert(fc.property(fc.nat(), (seq) => decodeEventCursor(encodeEventCursor(seq)) === seq));
});

test("whatever else is sent as a cursor is refused with a code, never taken and never a crash", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      expect(() => decodeRunCursor(text, "")).toThrow(AppError);
    }),
  );
});

test("filters hash alike in any order, and differently when one differs", () => {
  const one = hashOfFilters({ status: ["failed", "queued"], owner: "local", workflow_id: undefined });
  expect(hashOfFilters({ owner: "local", status: ["queued", "failed"] })).toBe(one);
  expect(hashOfFilters({ owner: "local", status: ["queued"] })).not.toBe(one);
});

const good = { order_by: "created_at", order_desc: true, last_ts: 1, last_id: "x", f: hashOfFilters({}) };

test.each([
  ["characters outside base64url", "bad?cursor!"],
  ["padding", `${base64url(good)}=`],
  ["too long", "A".repeat(4097)],
  ["no JSON", Buffer.from("{nonsense").toString("base64url")],
  ["an array", base64url([3, 4])],
  ["null", base64url(null)],
  ["no position", base64url({ ...good, last_id: undefined })],
  ["an empty id", base64url({ ...good, last_id: "" })],
  ["a time in words", base64url({ ...good, last_ts: "yesterday" })],
  ["a column of no index", base64url({ ...good, order_by: "inputs_json" })],
  ["other filters", base64url({ ...good, f: "other" })],
])("a run cursor with %s is a 400", async (_, cursor) => {
  const api = await startApi();
  const answer = await api.ask(`${RUNS}?cursor=${encodeURIComponent(cursor)}`);
  expect(answer).toMatchObject({ status: 400, json: { detail: "Invalid cursor", code: "invalid_cursor" } });
});

test.each([
  ["no field", {}],
  ["a boolean", { last_seq: true }],
  ["a fraction", { last_seq: 1.5 }],
  ["a negative number", { last_seq: -1 }],
  ["a text", { last_seq: "1" }],
])("an event cursor with %s is a 400", async (_, cursor) => {
  const api = await startApi();
  await seedRun(api.store, "r");
  const answer = await api.ask(`${RUNS}/r/events?cursor=${base64url(cursor)}`);
  expect(answer).toMatchObject({ status: 400, json: { detail: "Invalid cursor" } });
});

/** Follows next_cursor to the end. */
async function idsByCursor(api: ApiUnderTest, query: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor = "";
  do {
    const { json } = await api.ask(`${RUNS}?${query}&limit=3&cursor=${cursor}`);
    ids.push(...json.runs.map((run: { run_id: string }) => run.run_id));
    cursor = json.next_cursor ?? "";
  } while (cursor !== "");
  return ids;
}

test("pages lose and repeat no run: not among equal times, and not where a time is missing", async () => {
  const api = await startApi();
  const all = Array.from({ length: 20 }, (_, index) => `run-${String(index).padStart(2, "0")}`);
  for (const [index, runId] of all.entries()) {
    await seedRun(api.store, runId, 1_000 + Math.floor(index / 7));
    if (index % 3 === 0) await api.store.write("end", ({ runs }) => runs.endIdle({ runId, at: 9_000 + (index % 2) }));
  }
  for (const column of ["created_at", "started_at", "ended_at"]) {
    for (const order of ["asc", "desc"]) {
      const ids = await idsByCursor(api, `order_by=${column}&order=${order}`);
      expect([...ids].sort(), `${column} ${order}`).toEqual(all);
      const { json } = await api.ask(`${RUNS}?order_by=${column}&order=${order}&limit=20`);
      expect(ids).toEqual(json.runs.map((run: { run_id: string }) => run.run_id));
    }
  }
});

test("a page says where it is and how to go on", async () => {
  const api = await startApi();
  for (const runId of ["a", "b", "c"]) await seedRun(api.store, runId);
  const first = await api.ask(`${RUNS}?limit=2&order_by=created_at&order=desc`);
  expect(first.json).toMatchObject({
    has_more: true,
    next_offset: 2,
    next_cursor: expect.stringMatching(/^[\w-]+$/),
    pagination: { mode: "offset", limit: 2, offset: 0, has_more: true, next_offset: 2 },
  });
  expect(first.headers.link).toMatch(/offset=2.*>; rel="next"/);

  const last = await api.ask(`${RUNS}?limit=2&offset=2`);
  expect(last.json).toMatchObject({ has_more: false, next_offset: null, next_cursor: null });
  expect(last.headers.link).toMatch(/rel="prev".*rel="last"/);

  const byCursor = await api.ask(`${RUNS}?limit=2&cursor=${first.json.next_cursor}`);
  expect(byCursor.json).toMatchObject({ offset: null, next_offset: null, pagination: { mode: "cursor", limit: 2 } });
});

test("filters narrow the list, and a cursor of one filter does not fit another", async () => {
  const api = await startApi();
  for (const [index, runId] of ["a", "b", "c"].entries()) await seedRun(api.store, runId, 1_000 + index);
  await api.store.write("end", ({ runs }) => runs.endIdle({ runId: "b", at: 2_000 }));
  const ids = async (query: string): Promise<string[]> =>
    (await api.ask(`${RUNS}?${query}`)).json.runs.map((run: { run_id: string }) => run.run_id);

  expect(await ids("status=cancelled")).toEqual(["b"]);
  expect(await ids("status=paused&status=cancelled&order=asc")).toEqual(["a", "b", "c"]);
  expect(await ids(`created_after=${encodeURIComponent("1970-01-01T00:00:01.001+00:00")}`)).toEqual(["c", "b"]);
  expect(await ids("created_before=1970-01-01T00:00:01.000Z")).toEqual(["a"]);
  expect(await ids("last_n_hours=1")).toEqual([]);
  expect(await ids("owner=somebody")).toEqual([]);
  expect(await ids("owner=")).toEqual(["c", "b", "a"]);

  const { json } = await api.ask(`${RUNS}?status=paused&limit=1`);
  expect(await api.ask(`${RUNS}?limit=1&cursor=${json.next_cursor}`)).toMatchObject({ status: 400 });
  expect(await ids(`status=paused&limit=1&cursor=${json.next_cursor}`)).toEqual(["a"]);
  expect(await api.ask(`${RUNS}?limit=0&order_by=name&status=sleeping`)).toMatchObject({
    status: 422,
    json: { code: "validation_error", detail: [{ path: "status[0]" }, { path: "order_by" }, { path: "limit" }] },
  });
});
