/** The events of one run: first all that is stored, page by page, then live for as long as the run goes on. */
import { useEffect, useState } from "react";
import { listEvents, streamRunEvents } from "../../shared/api/events.ts";
import type { RunEvent } from "../../shared/event.ts";
import { addressOf, call } from "../api/client.ts";
import { followStream } from "../api/stream.ts";

const PAGE = 1000;
/** The first page is drawn at once; after that, drawing every page would cost more than reading it. */
const DRAW_EVERY = 8;
/** Events that arrive within this time are drawn together. */
const GATHER_MS = 80;

export interface EventLog {
  /** By number, from 1, without gaps. */
  events: readonly RunEvent[];
  /** Everything stored so far has been read. */
  complete: boolean;
  error: unknown;
}

const NOTHING: EventLog = { events: [], complete: false, error: null };

/** `live` turns the stream on; give it false for a run that is over. */
export function useRunEvents(runId: string, live: boolean): EventLog {
  const [log, setLog] = useState<EventLog>(NOTHING);
  useEffect(() => {
    const stop = new AbortController();
    const gather = gatherer((batch) => setLog((before) => ({ ...before, events: extend(before.events, batch) })));
    async function readAndFollow(): Promise<void> {
      let last = await lastSeq(setLog);
      let unseen: RunEvent[] = [];
      for (let pages = 1; ; pages++) {
        const page = await call(listEvents, {
          params: { run_id: runId },
          query: { since: last, limit: PAGE },
          signal: stop.signal,
        });
        last = page.at(-1)?.event_seq ?? last;
        const complete = page.length < PAGE;
        unseen = unseen.concat(page);
        if (complete || pages === 1 || pages % DRAW_EVERY === 0) {
          const batch = unseen;
          unseen = [];
          setLog((before) => ({ events: extend(before.events, batch), complete, error: null }));
        }
        if (complete) break;
      }
      if (!live) return;
      await followStream({
        address: addressOf(streamRunEvents, { params: { run_id: runId } }),
        lastEventId: String(last),
        signal: stop.signal,
        onFrame: ({ data }) => gather.add(JSON.parse(data) as RunEvent),
      });
    }
    readAndFollow().catch((error: unknown) => {
      if (!stop.signal.aborted) setLog((before) => ({ ...before, error }));
    });
    return () => {
      stop.abort();
      gather.flush();
    };
  }, [runId, live]);
  return log;
}

/** The last event that is known, read from the state without making the effect depend on it. */
const lastSeq = (setLog: (update: (before: EventLog) => EventLog) => void): Promise<number> =>
  new Promise((resolve) =>
    setLog((before) => {
      resolve(before.events.at(-1)?.event_seq ?? 0);
      return before;
    }),
  );

/** Events that are already known are dropped: a reconnect may send some again. */
export function extend(known: readonly RunEvent[], more: readonly RunEvent[]): readonly RunEvent[] {
  const last = known.at(-1)?.event_seq ?? 0;
  const fresh = more.filter((event) => event.event_seq > last);
  return fresh.length === 0 ? known : known.concat(fresh);
}

function gatherer(deliver: (batch: RunEvent[]) => void): { add(event: RunEvent): void; flush(): void } {
  let batch: RunEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (batch.length > 0) deliver(batch);
    batch = [];
  }
  return {
    add(event) {
      batch.push(event);
      timer ??= setTimeout(flush, GATHER_MS);
    },
    flush,
  };
}
