/** Stories of the log: numbers without gaps, whatever happens to the counter, and nothing left behind by a bad payload. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { NewEvent } from "../../shared/event.ts";
import { addRun, aStore, logEvent, NOW, type TestStore } from "./a-store.ts";

const append = ({ store }: TestStore, runId: string, ...messages: string[]): Promise<void> =>
  store.write("append", ({ events }) => events.append(runId, messages.map(logEvent)));

const numbers = ({ store }: TestStore, runId: string): number[] =>
  store.events.after(runId, 0, 1000).map((event) => event.eventSeq);

async function aLog(): Promise<TestStore> {
  const log = await aStore();
  await addRun(log.store, "r1");
  return log;
}

test("C046 Sequence numbers are per run and gapless from 1", async () => {
  const log = await aLog();
  await addRun(log.store, "r2");
  await append(log, "r1", "one");
  await append(log, "r2", "another run's");
  await append(log, "r1", "two");
  expect(numbers(log, "r1")).toEqual([1, 2]);
  expect(log.store.events.after("r1", 1, 10)).toMatchObject([{ eventSeq: 2 }]);
  expect(numbers(log, "r2")).toEqual([1]);
});

test("C048 A payload that cannot be serialised leaves no open transaction", async () => {
  const log = await aLog();
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  for (const payload of [{ n: 1n }, cyclic]) {
    const bad = { type: "log", payload, at: NOW } as unknown as NewEvent;
    const change = log.store.write("bad", ({ events }) => events.append("r1", [logEvent("kept?"), bad]));
    await expect(change).rejects.toThrow(TypeError);
  }
  await append(log, "r1", "next");
  expect(numbers(log, "r1")).toEqual([1]);
});

test("a change that fails beside others of its batch leaves no gap", async () => {
  const log = await aLog();
  const failing = log.store.write("fails", ({ events }) => {
    events.append("r1", [logEvent("lost")]);
    throw new Error("after the append");
  });
  await Promise.allSettled([append(log, "r1", "a"), failing, append(log, "r1", "b")]);
  expect(
    log.store.events.after("r1", 0, 10).map((event) => [event.eventSeq, JSON.parse(event.payloadJson).message]),
  ).toEqual([
    [1, "a"],
    [2, "b"],
  ]);
});

const meddling: [what: string, sql: string, next: number][] = [
  ["a counter that was deleted", "DELETE FROM workflow_event_counters", 3],
  ["a counter that was lowered", "UPDATE workflow_event_counters SET next_seq = 1", 3],
  ["a counter that was raised", "UPDATE workflow_event_counters SET next_seq = 9", 10],
  [
    "an event that somebody else inserted",
    "INSERT INTO workflow_events (run_id, event_seq, event_type, created_at) VALUES ('r1', 3, 'log', 1)",
    4,
  ],
];

test.each(meddling)("%s heals at the next event", async (_what, sql, next) => {
  const log = await aLog();
  await append(log, "r1", "one", "two");
  log.sql.exec(sql);
  await append(log, "r1", "after");
  expect(numbers(log, "r1").at(-1)).toBe(next);
  await append(log, "r1", "again");
  expect(numbers(log, "r1").at(-1)).toBe(next + 1);
});

test("the file itself refuses a number twice", async () => {
  const log = await aLog();
  await append(log, "r1", "one");
  const twice = "INSERT INTO workflow_events (run_id, event_seq, event_type, created_at) VALUES ('r1', 1, 'log', 1)";
  expect(() => log.sql.exec(twice)).toThrow("UNIQUE");
});

test("events are read by type, and across runs by their global id", async () => {
  const log = await aLog();
  await addRun(log.store, "r2");
  await append(log, "r1", "one");
  await log.store.write("pause", ({ events }) =>
    events.append("r1", [{ type: "run_paused", payload: { by: "user" }, at: NOW }]),
  );
  await append(log, "r2", "two");
  expect(log.store.events.ofTypes("r1", 0, ["run_paused", "run_failed"], 10)).toMatchObject([{ eventSeq: 2 }]);
  const all = log.store.events.allAfter(0, 10);
  expect(all.map((event) => event.runId)).toEqual(["r1", "r1", "r2"]);
  expect(log.store.events.allAfter(all[1]?.eventId ?? 0, 10)).toHaveLength(1);
  expect(log.store.events.newestId()).toBe(all.at(-1)?.eventId);
});

test("property: however appends are batched, fail and are meddled with, each run counts 1, 2, 3 …", async () => {
  const log = await aStore();
  let story = 0;
  const act = fc.record({ run: fc.nat(2), count: fc.nat(3), fails: fc.boolean(), meddle: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
      story += 1;
      const runId = (run: number) => `s${story}-${run}`;
      const expected = [0, 0, 0];
      for (const run of [0, 1, 2]) await addRun(log.store, runId(run));
      let batch: Promise<unknown>[] = [];
      for (const { run, count, fails, meddle } of acts) {
        const change = log.store.write("append", ({ events }) => {
          events.append(
            runId(run),
            Array.from({ length: count }, () => logEvent("x")),
          );
          if (fails) throw new Error("told to");
        });
        batch.push(change);
        if (!fails) expected[run] = (expected[run] ?? 0) + count;
        if (!meddle) continue;
        await Promise.allSettled(batch);
        batch = [];
        log.sql.prepare("DELETE FROM workflow_event_counters WHERE run_id = ?").run(runId(run));
      }
      await Promise.allSettled(batch);
      for (const run of [0, 1, 2]) {
        expect(numbers(log, runId(run))).toEqual(Array.from({ length: expected[run] ?? 0 }, (_, index) => index + 1));
      }
    }),
    { numRuns: 40 },
  );
});
