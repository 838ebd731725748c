/** A list of definitions grouped into workflows: one name, its versions, the newest first. Pure. */
import type { WorkflowSummary } from "../../shared/api/definitions.ts";

export interface WorkflowGroup {
  name: string;
  newest: WorkflowSummary;
  versions: WorkflowSummary[];
  /** The most recent run of any version. */
  lastRun: WorkflowSummary["last_run"];
}

export function newestOfEach(list: readonly WorkflowSummary[]): WorkflowGroup[] {
  const groups = new Map<string, WorkflowSummary[]>();
  for (const each of list) groups.set(each.name, [...(groups.get(each.name) ?? []), each]);
  return [...groups].flatMap(([name, members]) => {
    const versions = members.toSorted((a, b) => b.version - a.version);
    const newest = versions[0];
    return newest ? [{ name, newest, versions, lastRun: lastRunOf(versions) }] : [];
  });
}

function lastRunOf(versions: readonly WorkflowSummary[]): WorkflowSummary["last_run"] {
  const runs = versions.flatMap(({ last_run }) => (last_run ? [last_run] : []));
  return runs.toSorted((a, b) => b.created_at.localeCompare(a.created_at))[0] ?? null;
}
