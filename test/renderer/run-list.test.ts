/** Stories of the run list as a value: a live head over older pages, and rows that wait while somebody reads. */
import { expect, test } from "vitest";
import { appendPage, EMPTY_LIST, holdBack, mergeHead, type Page, type RunList } from "../../renderer/runs/run-list.ts";
import { aSummary, iso } from "./a-run.ts";

/** Runs by number: a higher one is newer. */
const runs = (...numbers: number[]) =>
  numbers.map((number) => aSummary({ run_id: `r${String(number).padStart(3, "0")}`, created_at: iso(number) }));
const page = (numbers: number[], next: string | null): Page => ({
  runs: runs(...numbers),
  next_cursor: next,
  has_more: next !== null,
});
const numbersOf = ({ rows }: Pick<RunList, "rows">): number[] => rows.map(({ run_id }) => Number(run_id.slice(1)));

test("a fresh head goes over the old rows, and keeps the older pages that were read", () => {
  const first = mergeHead(EMPTY_LIST, page([9, 8, 7], "after 7"));
  const longer = appendPage(first, page([6, 5, 4], "after 4"));
  const fresh = mergeHead(longer, page([11, 10, 9], "after 9"));
  expect(numbersOf(fresh)).toEqual([11, 10, 9, 8, 7, 6, 5, 4]);
  expect(fresh.cursor).toBe("after 4");
});

test("a row that left the head's range is gone", () => {
  const list = appendPage(mergeHead(EMPTY_LIST, page([9, 8, 7], "after 7")), page([6], null));
  expect(numbersOf(mergeHead(list, page([9, 7, 6], "after 6")))).toEqual([9, 7, 6]);
});

test("when too much happened in between, the list begins anew instead of showing a gap", () => {
  const list = mergeHead(EMPTY_LIST, page([3, 2, 1], "after 1"));
  const fresh = mergeHead(list, page([90, 89, 88], "after 88"));
  expect(fresh.rows.length).toBeGreaterThanOrEqual(3);
  expect(numbersOf(fresh).slice(0, 3)).toEqual([90, 89, 88]);
});

test("a head that is all there is replaces everything", () => {
  const list = mergeHead(EMPTY_LIST, page([3, 2, 1], null));
  expect(mergeHead(list, page([], null))).toEqual({ rows: [], cursor: null });
});

test("a page that overlaps adds each run once", () => {
  const list = mergeHead(EMPTY_LIST, page([3, 2], "after 2"));
  const longer = appendPage(list, page([2, 1], null));
  expect(numbersOf(longer)).toEqual([3, 2, 1]);
  expect(longer.cursor).toBeNull();
});

test("while somebody reads, newer rows wait and are counted; older ones still come", () => {
  const shown = runs(3, 2);
  const fresh = runs(6, 5, 4, 3, 2, 1);
  expect(holdBack(shown, fresh, true)).toEqual({ rows: runs(3, 2, 1), held: 3 });
  expect(holdBack(shown, fresh, false)).toEqual({ rows: fresh, held: 0 });
  expect(holdBack([], fresh, true)).toEqual({ rows: fresh, held: 0 });
});

test("the row on top may be deleted while it is read: what is older moves up, nothing newer comes in", () => {
  expect(holdBack(runs(3, 2), runs(5, 4, 2), true)).toEqual({ rows: runs(2), held: 2 });
});
