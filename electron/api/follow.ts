/**
 * Follow a table of events: what is there already and what comes later are read the same way. The bell only says when
 * to look again; a ring that was lost costs a delay until the next look, never an event.
 */
import type { Clock } from "../lib/clock.ts";
import type { Bell } from "../store/bell.ts";
import type { EventRow } from "../store/tables/events.ts";

export const PAGE_SIZE = 500;
export const KEEP_ALIVE_MS = 15_000;

export interface FollowOptions {
  bell: Bell;
  clock: Clock;
  /** The next rows, at most PAGE_SIZE. `over`: none will ever follow. Both are read in one turn, so they agree. */
  read(): { rows: EventRow[]; over: boolean };
  signal: AbortSignal;
}

export type Found = { is: "page"; rows: EventRow[] } | { is: "quiet" } | { is: "over" };

/** Yields pages in order, `quiet` every 15 s without one, and `over` at the end. The next read waits for the consumer. */
export async function* follow({ bell, clock, read, signal }: FollowOptions): AsyncGenerator<Found, void, undefined> {
  const latch = createLatch(bell, clock, signal);
  try {
    while (!signal.aborted) {
      latch.reset();
      const { rows, over } = read();
      if (rows.length > 0) yield { is: "page", rows };
      else if (over) {
        yield { is: "over" };
        return;
      } else if ((await latch.next(KEEP_ALIVE_MS)) === "quiet") yield { is: "quiet" };
    }
  } finally {
    latch.close();
  }
}

/** Remembers a ring that came while nobody waited. */
function createLatch(bell: Bell, clock: Clock, signal: AbortSignal) {
  let rung = false;
  let wake: (why: "rung" | "quiet") => void = () => undefined;
  const ring = (): void => {
    rung = true;
    wake("rung");
  };
  const unsubscribe = bell.on(ring);
  signal.addEventListener("abort", ring, { once: true });

  return {
    reset(): void {
      rung = signal.aborted;
    },
    next(ms: number): Promise<"rung" | "quiet"> {
      if (rung) return Promise.resolve("rung");
      return new Promise((resolve) => {
        const cancel = clock.after(ms, () => wake("quiet"));
        wake = (why) => {
          wake = () => undefined;
          cancel();
          resolve(why);
        };
      });
    },
    close(): void {
      unsubscribe();
      signal.removeEventListener("abort", ring);
    },
  };
}
