/** The list of runs: filters to a query, rows to a page, and how to get to the next one. No SQL and no HTTP. */
import type { z } from "zod";
import type { listRuns } from "../../shared/api/runs.ts";
import type { Store } from "../store/store.ts";
import type { RunListQuery } from "../store/tables/run-list.ts";
import type { RunRow } from "../store/tables/runs.ts";
import { decodeRunCursor, encodeRunCursor, hashOfFilters, type RunCursor } from "./cursor.ts";
import { linkTo } from "./links.ts";
import { runSummary } from "./wire/run.ts";

type Asked = z.output<(typeof listRuns)["query"]>;
export type RunFilters = Pick<
  Asked,
  "status" | "owner" | "workflow_id" | "workflow_name" | "created_after" | "created_before" | "last_n_hours"
>;
type Reply = z.input<(typeof listRuns)["reply"]>;
type Place = { mode: "offset"; offset: number } | { mode: "cursor"; cursor: string };

const HOUR_MS = 3_600_000;

/** The reply and its Link header. Throws `invalid_cursor`. */
export function pageOfRuns(store: Store, asked: Asked, target: string, now: number): { reply: Reply; links: string[] } {
  const filterHash = hashOf(asked);
  const cursor = decodeRunCursor(asked.cursor, filterHash);
  const query = queryOf(asked, cursor, now);
  // One row more than asked for says whether there is a next page.
  const found = store.runList.page({ ...query, limit: asked.limit + 1 });
  const rows = found.slice(0, asked.limit);
  const last = rows.at(-1);
  const next = found.length > asked.limit && last ? encodeRunCursor(cursorAfter(last, query, filterHash)) : null;
  const place: Place = cursor
    ? { mode: "cursor", cursor: asked.cursor ?? "" }
    : { mode: "offset", offset: asked.offset };
  return { reply: replyOf(rows, asked.limit, place, next), links: linksOf(target, asked.limit, place, next) };
}

const hashOf = ({ status, owner, workflow_id, workflow_name, created_after, created_before, last_n_hours }: Asked) =>
  hashOfFilters({ status, owner, workflow_id, workflow_name, created_after, created_before, last_n_hours });

/** The newest runs that a filter finds, at most `limit`. */
export function idsOfRuns(store: Store, filters: RunFilters, limit: number, now: number): string[] {
  const query = { ...whichRuns(filters, now), orderBy: "created_at", descending: true, limit, offset: 0 } as const;
  return store.runList.page(query).map(({ runId }) => runId);
}

function whichRuns(filters: RunFilters, now: number) {
  const hours = filters.last_n_hours;
  return {
    statuses: filters.status,
    userId: filters.owner || "local",
    workflowId: filters.workflow_id,
    workflowName: filters.workflow_name,
    createdAfter: hours === undefined ? epoch(filters.created_after) : now - hours * HOUR_MS,
    createdBefore: epoch(filters.created_before),
  };
}

/** A cursor fixes the order; the filters are sent again with every page. */
function queryOf(asked: Asked, cursor: RunCursor | undefined, now: number): Omit<RunListQuery, "limit"> {
  return {
    ...whichRuns(asked, now),
    orderBy: cursor?.order_by ?? asked.order_by,
    descending: cursor?.order_desc ?? asked.order === "desc",
    offset: cursor ? 0 : asked.offset,
    after: cursor && { at: cursor.last_ts, runId: cursor.last_id },
  };
}

const epoch = (iso: string | undefined): number | undefined => (iso === undefined ? undefined : Date.parse(iso));

function cursorAfter(row: RunRow, { orderBy, descending }: Pick<RunListQuery, "orderBy" | "descending">, f: string) {
  const at = { created_at: row.createdAt, started_at: row.startedAt, ended_at: row.endedAt }[orderBy];
  return { order_by: orderBy, order_desc: descending, last_ts: at, last_id: row.runId, f };
}

function replyOf(rows: RunRow[], limit: number, place: Place, nextCursor: string | null): Reply {
  const hasMore = nextCursor !== null;
  const byOffset = place.mode === "offset";
  const nextOffset = byOffset && hasMore ? place.offset + limit : null;
  return {
    runs: rows.map(runSummary),
    limit,
    offset: byOffset ? place.offset : null,
    has_more: hasMore,
    // Counting every match would cost more than the page; the counts route answers the usual question.
    total: null,
    next_offset: nextOffset,
    next_cursor: nextCursor,
    pagination: byOffset
      ? { mode: "offset", limit, offset: place.offset, total: null, has_more: hasMore, next_offset: nextOffset }
      : { mode: "cursor", limit, cursor: place.cursor, next_cursor: nextCursor, has_more: hasMore },
  };
}

function linksOf(target: string, limit: number, place: Place, nextCursor: string | null): string[] {
  if (place.mode === "cursor") {
    return nextCursor === null ? [] : [linkTo(target, "next", { cursor: nextCursor, offset: null })];
  }
  const at = (rel: string, offset: number): string => linkTo(target, rel, { offset, limit });
  const { offset } = place;
  return [
    at("first", 0),
    ...(offset > 0 ? [at("prev", Math.max(0, offset - limit))] : []),
    nextCursor === null ? at("last", offset) : at("next", offset + limit),
  ];
}
