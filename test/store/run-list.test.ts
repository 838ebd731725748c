/** Stories of lists: pages that neither lose nor repeat a row, also where the time they are ordered by is missing. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunListQuery, RunOrder } from "../../electron/store/tables/run-list.ts";
import type { RunRow } from "../../electron/store/tables/runs.ts";
import { addRun, aRun, aStore, NOW, type TestStore } from "./a-store.ts";

const all: RunListQuery = { userId: "local", orderBy: "created_at", descending: true, limit: 100, offset: 0 };
const TIME = { created_at: "createdAt", started_at: "startedAt", ended_at: "endedAt" } as const satisfies Record<
  RunOrder,
  keyof RunRow
>;

/** Every page, each asked for with the last row of the one before. */
function everyPage({ store }: TestStore, query: RunListQuery): string[] {
  const ids: string[] = [];
  let after: RunListQuery["after"];
  for (;;) {
    const page = store.runList.page({ ...query, after });
    ids.push(...page.map((run) => run.runId));
    const last = page.at(-1);
    if (page.length < query.limit || !last) return ids;
    after = { at: last[TIME[query.orderBy]], runId: last.runId };
  }
}

const aTime = fc.integer({ min: 1, max: 6 });
const aRow = fc.record({ createdAt: aTime, startedAt: fc.option(aTime), endedAt: fc.option(aTime) });

test("property: pages in any order and direction give exactly the sorted list", async () => {
  const list = await aStore();
  const clear = list.sql.prepare("DELETE FROM workflow_runs");
  const setTimes = list.sql.prepare(
    `UPDATE workflow_runs SET started_at = @startedAt, ended_at = @endedAt,
       status = CASE WHEN @endedAt IS NULL THEN 'queued' ELSE 'succeeded' END, ready_at = NULL WHERE run_id = @runId`,
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(aRow, { maxLength: 25 }),
      fc.constantFrom<RunOrder>("created_at", "started_at", "ended_at"),
      fc.boolean(),
      fc.integer({ min: 1, max: 7 }),
      async (rows, orderBy, descending, limit) => {
        clear.run();
        const named = rows.map((row, index) => ({ ...row, runId: `r${String((index * 7) % 25).padStart(2, "0")}` }));
        await list.store.write("rows", ({ runs }) => {
          for (const { runId, createdAt } of named) runs.insert(aRun(runId, { createdAt }));
        });
        for (const { runId, startedAt, endedAt } of named) setTimes.run({ runId, startedAt, endedAt });
        const turn = descending ? -1 : 1;
        const expected = named
          .toSorted((a, b) => {
            const [left, right] = [a[TIME[orderBy]], b[TIME[orderBy]]];
            if (left === null || right === null) {
              if (left !== right) return left === null ? 1 : -1;
            } else if (left !== right) return (left - right) * turn;
            return (a.runId < b.runId ? -1 : 1) * turn;
          })
          .map((row) => row.runId);
        expect(everyPage(list, { ...all, orderBy, descending, limit })).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});

test("filters narrow the list, alone and together", async () => {
  const list = await aStore();
  await addRun(list.store, "a", { workflowName: "left", createdAt: NOW });
  await addRun(list.store, "b", { workflowName: "right", createdAt: NOW + 1 });
  await addRun(list.store, "c", { workflowName: "right", createdAt: NOW + 2 });
  await list.store.write("end b", ({ runs }) => runs.endIdle({ runId: "b", at: NOW + 5 }));
  const ids = (query: Partial<RunListQuery>) => list.store.runList.page({ ...all, ...query }).map((run) => run.runId);
  expect(ids({})).toEqual(["c", "b", "a"]);
  expect(ids({ workflowName: "right" })).toEqual(["c", "b"]);
  expect(ids({ statuses: ["cancelled"] })).toEqual(["b"]);
  expect(ids({ statuses: ["queued", "cancelled"], workflowName: "right" })).toEqual(["c", "b"]);
  expect(ids({ createdAfter: NOW + 1, createdBefore: NOW + 1 })).toEqual(["b"]);
  expect(ids({ userId: "somebody else" })).toEqual([]);
  expect(ids({ limit: 1, offset: 1 })).toEqual(["b"]);
  expect(list.store.runList.counts()).toEqual(
    expect.arrayContaining([
      { status: "queued", n: 2 },
      { status: "cancelled", n: 1 },
    ]),
  );
  expect(list.store.runList.lastOfWorkflow("right")?.runId).toBe("c");
});

test("a line of the list carries no payload", async () => {
  const { store } = await aStore();
  await addRun(store, "r1", { inputsJson: JSON.stringify({ big: "x".repeat(100_000) }) });
  const [line] = store.runList.page(all);
  expect(JSON.stringify(line).length).toBeLessThan(2000);
});
