/** Time, passed in. Nothing else in the engine reads a clock or sets a timer, so that tests move time by hand. */

export interface Clock {
  /** Wall time in epoch milliseconds: what is stored and shown. */
  now(): number;
  /** Milliseconds that only go forward: for durations, unharmed by a changed clock. */
  monotonic(): number;
  /** Call `fn` once after `ms`. Returns a function that cancels it. */
  after(ms: number, fn: () => void): () => void;
}

/** setTimeout overflows to 1 ms beyond this; longer waits are asked for again when it is over. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** Wait `ms`, or less if the signal aborts. Resolves either way; the caller looks at the signal. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** Epoch milliseconds as the wire writes them: ISO 8601 UTC with milliseconds and `+00:00`. */
export const toIso = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}+00:00`;

export const toIsoOrNull = (ms: number | null | undefined): string | null => (ms == null ? null : toIso(ms));
