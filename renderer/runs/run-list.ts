/**
 * The run list as a value: the newest page, which is read again and again, over older pages, which were read once.
 * New rows can be held back while somebody is reading. Pure.
 */
import type { RunSummary } from "../../shared/run.ts";

export interface Page {
  runs: RunSummary[];
  next_cursor: string | null;
  has_more: boolean;
}

export interface RunList {
  rows: RunSummary[];
  /** Where the next older page begins; null when the end was reached. */
  cursor: string | null;
}

export const EMPTY_LIST: RunList = { rows: [], cursor: null };

/** Newest first; ids break ties, as the server does. */
const isOlder = (a: RunSummary, b: RunSummary): boolean =>
  a.created_at === b.created_at ? a.run_id < b.run_id : a.created_at < b.created_at;

/**
 * Put a fresh newest page over what is known. Rows in its range that it does not have are gone (deleted, or no longer
 * in the filter). When nothing overlaps, too much has happened in between, and the list begins anew.
 */
export function mergeHead(list: RunList, head: Page): RunList {
  const last = head.runs.at(-1);
  if (!last || !head.has_more) return { rows: head.runs, cursor: null };
  const older = list.rows.filter((row) => isOlder(row, last));
  const overlaps = older.length < list.rows.length;
  if (!overlaps || older.length === 0) return { rows: head.runs, cursor: head.next_cursor };
  return { rows: [...head.runs, ...older], cursor: list.cursor };
}

export function appendPage(list: RunList, page: Page): RunList {
  const known = new Set(list.rows.map((row) => row.run_id));
  const fresh = page.runs.filter((row) => !known.has(row.run_id));
  return { rows: [...list.rows, ...fresh], cursor: page.has_more ? page.next_cursor : null };
}

/** While `holding`, rows newer than the first one on screen wait; `held` says how many. */
export function holdBack(
  shown: readonly RunSummary[],
  fresh: readonly RunSummary[],
  holding: boolean,
): { rows: readonly RunSummary[]; held: number } {
  const first = shown[0];
  if (!holding || !first) return { rows: fresh, held: 0 };
  const at = fresh.findIndex((row) => row.run_id === first.run_id || isOlder(row, first));
  if (at < 0) return { rows: shown, held: fresh.length };
  return { rows: fresh.slice(at), held: at };
}
