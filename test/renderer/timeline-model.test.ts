/** Stories of the timeline as numbers: attempts and waits lie where they happened, and the axis fits all of them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { spanOf, ticksOf, timelineOf } from "../../renderer/run/timeline-model.ts";
import { AT, aStep, events, iso } from "./a-run.ts";

test("a step that was tried twice has two attempts with a wait between them", () => {
  const step = aStep({ status: "succeeded", ended_at: iso(90), attempt_count: 2 });
  const [row] = timelineOf(
    [step],
    events(
      ["step_started", 0, "s1", { attempt: 1 }],
      ["step_retry_scheduled", 10, "s1"],
      ["step_started", 60, "s1", { attempt: 2 }],
      ["step_completed", 90, "s1"],
    ),
  );
  expect(row?.segments).toEqual([
    { kind: "attempt", from: AT, to: AT + 10, tone: "red", label: "attempt 1" },
    { kind: "wait", from: AT + 10, to: AT + 60, tone: "blue", label: "waits to try again" },
    { kind: "attempt", from: AT + 60, to: AT + 90, tone: "green", label: "attempt 2" },
  ]);
});

test("a question keeps its colour when it is answered, and what still goes on has no end", () => {
  const asked = aStep({ step_run_id: "a", status: "succeeded", ended_at: iso(50) });
  const going = aStep({ step_run_id: "b" });
  const rows = timelineOf(
    [asked, going],
    events(
      ["step_started", 0, "a", { attempt: 1 }],
      ["waiting_approval", 1, "a"],
      ["human_approved", 50, "a"],
      ["step_started", 51, "b", { attempt: 1 }],
    ),
  );
  expect(rows[0]?.segments.map(({ kind, tone, to }) => [kind, tone, to])).toEqual([
    ["attempt", "blue", AT + 1],
    ["wait", "violet", AT + 50],
  ]);
  expect(rows[1]?.segments).toMatchObject([{ to: null, tone: "blue" }]);
  expect(spanOf(rows, AT + 200)).toEqual({ from: AT, to: AT + 200 });
});

test("without its events a step is one bar from its own times", () => {
  const rows = timelineOf([aStep({ status: "failed", ended_at: iso(7) })], []);
  expect(rows[0]?.segments).toEqual([{ kind: "attempt", from: AT, to: AT + 7, tone: "red", label: "failed" }]);
});

test("the axis is never empty, and its marks are few, even and inside", () => {
  expect(spanOf([], 5)).toEqual({ from: 5, to: 6 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 * 86_400_000 }), fc.integer({ min: 1, max: 12 }), (length, most) => {
      const ticks = ticksOf(length, most);
      expect(ticks.length).toBeLessThanOrEqual(most + 1);
      expect(ticks[0]).toBe(0);
      expect(ticks.at(-1)).toBeLessThanOrEqual(length);
      const step = ticks[1] ?? 1;
      expect(ticks.every((tick, index) => tick === index * step)).toBe(true);
    }),
  );
});
