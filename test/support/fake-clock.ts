/**
 * Time that stands still until a test moves it. Give it to `startApp` as `world.clock`. Only what has to happen at a
 * time waits for it; files, sockets and threads take the time that they take.
 */
import type { Clock } from "../../electron/lib/clock.ts";

export interface FakeClock extends Clock {
  /** Move on, and call what comes due on the way, each at its own time and in order. */
  advance(ms: number): void;
}

interface Timer {
  at: number;
  order: number;
  fn: () => void;
}

/** @param startAt epoch milliseconds */
export function fakeClock(startAt: number = Date.UTC(2026, 0, 5, 9)): FakeClock {
  let now = startAt;
  let order = 0;
  const timers = new Set<Timer>();

  function nextDue(until: number): Timer | undefined {
    const due = [...timers].filter((timer) => timer.at <= until);
    return due.sort((a, b) => a.at - b.at || a.order - b.order)[0];
  }

  function fire(timer: Timer): void {
    if (timers.delete(timer)) timer.fn();
  }

  return {
    now: () => now,
    monotonic: () => now - startAt,
    after(ms, fn) {
      const timer = { at: now + Math.max(0, ms), order: order++, fn };
      timers.add(timer);
      // What is due already needs no move of the clock, only its turn.
      if (ms <= 0) setImmediate(() => fire(timer));
      return () => timers.delete(timer);
    },
    advance(ms) {
      const until = now + ms;
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        now = Math.max(now, timer.at);
        fire(timer);
      }
      now = until;
    },
  };
}
