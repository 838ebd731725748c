/**
 * Feels the pulse of the engine thread: asks it now and then, and says so when it has been silent for too long. A thread
 * that hangs does not end, so nothing else would notice. What follows from it is the supervisor's.
 */
import type { Clock } from "../lib/clock.ts";

/** How often it is asked, and how long one answer may take. */
export const PULSE_MS = 5_000;
export const SILENCE_LIMIT_MS = 30_000;

export interface Pulse {
  clock: Clock;
  /** Resolves with the answer, rejects when there was none within `PULSE_MS`. */
  ask(): Promise<unknown>;
  /** Grows with every word of the thread, so that answers which are only slow count as life. */
  heard(): number;
  /** Called once, and then no more is asked. */
  onSilence(): void;
}

/** Returns a function that ends the watch. */
export function watchPulse({ clock, ask, heard, onSilence }: Pulse): () => void {
  let cancel = clock.after(PULSE_MS, beat);
  let ended = false;
  let missed = 0;

  function beat(): void {
    const start = { wall: clock.now(), monotonic: clock.monotonic(), heard: heard() };
    const next = (missedNow: number): void => {
      if (ended) return;
      missed = missedNow;
      if (missed * PULSE_MS >= SILENCE_LIMIT_MS) onSilence();
      else if (missedNow > 0) beat();
      else cancel = clock.after(PULSE_MS, beat);
    };
    ask().then(
      () => next(0),
      () => {
        // A wait that took far longer than it was set for means that the machine, or this thread, slept through it.
        const took = Math.max(clock.now() - start.wall, clock.monotonic() - start.monotonic);
        next(took > 2 * PULSE_MS || heard() > start.heard ? 0 : missed + 1);
      },
    );
  }

  return () => {
    ended = true;
    cancel();
  };
}
