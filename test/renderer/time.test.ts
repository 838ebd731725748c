/** Stories of how times, sizes and numbers are written. */
import { expect, test } from "vitest";
import { bytes, duration, exact, plural, relative, ticking } from "../../renderer/parts/time.ts";
import { AT, iso } from "./a-run.ts";

test("durations, from a blink to days", () => {
  expect([0, 480, 1240, 12_340, 185_000, 7_440_000, 266_400_000].map(duration)).toEqual([
    "0 ms",
    "480 ms",
    "1.24 s",
    "12.3 s",
    "3 m 05 s",
    "2 h 04 m",
    "3 d 02 h",
  ]);
  // A clock that was set back must not show a negative time.
  expect(duration(-5)).toBe("0 ms");
});

test("what still counts is shown in whole seconds", () => {
  expect([400, 59_900, 185_000].map(ticking)).toEqual(["0 s", "59 s", "3 m 05 s"]);
});

test("how long ago, and how far ahead", () => {
  const words = (ms: number): string => relative(iso(0), AT + ms);
  expect([1000, 30_000, 120_000, 7_200_000, 86_400_000, 3 * 86_400_000].map(words)).toEqual([
    "just now",
    "30 s ago",
    "2 min ago",
    "2 h ago",
    "1 day ago",
    "3 days ago",
  ]);
  expect([-1000, -300_000].map(words)).toEqual(["in a moment", "in 5 min"]);
  expect(words(30 * 86_400_000)).toContain("2026");
});

test("the exact moment names UTC", () => {
  expect(exact(iso(0))).toContain("2026-03-01 09:00:00.000 UTC");
});

test("sizes and counts", () => {
  expect([730, 1400, 12_345, 1_400_000, 2_500_000_000].map(bytes)).toEqual([
    "730 B",
    "1.4 kB",
    "12 kB",
    "1.4 MB",
    "2.5 GB",
  ]);
  expect([plural(1, "run"), plural(1204, "run"), plural(2, "decision")]).toEqual([
    "1 run",
    "1,204 runs",
    "2 decisions",
  ]);
});
