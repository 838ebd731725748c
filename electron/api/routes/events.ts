/** Routes of events: pages, and streams that read the same table. */
import { listEvents, streamAllEvents, streamRunEvents } from "../../../shared/api/events.ts";
import { isTerminal } from "../../../shared/transitions.ts";
import type { Store } from "../../store/store.ts";
import { type ApiApp, type ApiRequest, bind } from "../bind.ts";
import { decodeEventCursor, encodeEventCursor, invalidCursor, parseLastEventId } from "../cursor.ts";
import type { ApiDeps } from "../deps.ts";
import { eventStream } from "../event-stream.ts";
import { PAGE_SIZE } from "../follow.ts";
import { linkTo } from "../links.ts";
import { requireRun } from "../require-run.ts";
import { runEvent } from "../wire/event.ts";

export function eventRoutes(app: ApiApp, deps: ApiDeps): void {
  const { events } = deps.store;

  bind(app, listEvents, (request) => {
    const { params, query } = request;
    requireRun(deps.store, params.run_id);
    const since = decodeEventCursor(query.cursor) ?? query.since ?? 0;
    const types = query.types?.map((type) => type.trim()).filter(Boolean) ?? [];
    const rows = types.length
      ? events.ofTypes(params.run_id, since, types, query.limit)
      : events.after(params.run_id, since, query.limit);
    const last = rows.at(-1);
    // A page that is exactly full may be the last one; the next page is then empty, and says so.
    if (last && rows.length === query.limit) {
      const cursor = encodeEventCursor(last.eventSeq);
      request.setHeader("Next-Cursor", cursor);
      request.setHeader("Link", linkTo(request.target, "next", { cursor, since: null }));
    }
    return rows.map(runEvent);
  });

  bind(app, streamRunEvents, (request) => streamOfRun(deps, request.params.run_id, request));
  bind(app, streamAllEvents, (request) => streamOfAll(deps, request));
}

type StreamRequest = Pick<ApiRequest<unknown, unknown, unknown>, "headers" | "signal">;

function streamOfRun({ store, clock }: ApiDeps, runId: string, { headers, signal }: StreamRequest): Response {
  requireRun(store, runId);
  let last = parseLastEventId(headers["last-event-id"]) ?? 0;
  requireEvent(store, runId, last);
  return eventStream({
    bell: store.bell,
    clock,
    signal,
    idOf: (row) => row.eventSeq,
    read() {
      const rows = store.events.after(runId, last, PAGE_SIZE);
      last = rows.at(-1)?.eventSeq ?? last;
      const status = store.runs.summary(runId)?.status;
      return { rows, over: status === undefined || isTerminal(status) };
    },
    end: () => ({ run_id: runId, status: store.runs.summary(runId)?.status ?? "deleted", last_event_seq: last }),
  });
}

/** A number that this run never gave out comes from another history, and waiting for what follows it would be silence. */
function requireEvent(store: Store, runId: string, seq: number): void {
  if (seq === 0 || store.events.after(runId, seq - 1, 1)[0]?.eventSeq === seq) return;
  throw invalidCursor("This run has no event of that number: leave Last-Event-ID out to read it from the start.");
}

function streamOfAll({ store, clock }: ApiDeps, { headers, signal }: StreamRequest): Response {
  const newest = store.events.newestId();
  // After a restore the ids begin lower again; an id from before then means "from now on".
  let last = Math.min(parseLastEventId(headers["last-event-id"]) ?? newest, newest);
  return eventStream({
    bell: store.bell,
    clock,
    signal,
    idOf: (row) => row.eventId,
    read() {
      const rows = store.events.allAfter(last, PAGE_SIZE);
      last = rows.at(-1)?.eventId ?? last;
      return { rows, over: false };
    },
    end: () => ({}),
  });
}
