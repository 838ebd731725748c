/** Stories of the workflow list: one line a name, the newest version in front, the last run of any version. */
import { expect, test } from "vitest";
import { newestOfEach } from "../../renderer/workflows/versions.ts";
import type { WorkflowSummary } from "../../shared/api/definitions.ts";
import { iso } from "./a-run.ts";

const version = (name: string, number: number, ranAt?: number): WorkflowSummary =>
  ({
    id: number,
    name,
    version: number,
    last_run: ranAt === undefined ? null : { run_id: `r${ranAt}`, status: "succeeded", created_at: iso(ranAt) },
  }) as WorkflowSummary;

test("versions of one name stand together, whatever order they come in", () => {
  const groups = newestOfEach([version("a", 1, 50), version("b", 1), version("a", 10), version("a", 2, 90)]);
  expect(groups.map(({ name, versions }) => [name, versions.map((each) => each.version)])).toEqual([
    ["a", [10, 2, 1]],
    ["b", [1]],
  ]);
  expect(groups[0]).toMatchObject({ newest: { version: 10 }, lastRun: { run_id: "r90" } });
  expect(groups[1]?.lastRun).toBeNull();
});
