/**
 * Quitting as a state machine: open → asking → draining → drained. The process may end only when the engine has closed
 * its database, so every request to quit is put off until then; a window must not be the one that decides.
 * No Electron here: what it does to the app comes in as functions.
 */
import type { Clock } from "../lib/clock.ts";

/** An impatient second request ends the process after this long, drained or not. The next start recovers. */
export const FORCE_AFTER_MS = 2000;
export const FORCED_EXIT_CODE = 1;

export interface QuitDeps {
  /** Runs that would be stopped at a safe point; 0 when that cannot be told. */
  activeRuns(): Promise<number>;
  /** Whether to quit although runs are active. */
  ask(activeRuns: number): Promise<boolean>;
  /** Shown while the drain lasts. */
  onDraining(): void;
  /** Stop the engine and all that hangs on it. */
  drain(): Promise<void>;
  /** Ask Electron to quit; it comes back to `beforeQuit`. */
  quit(): void;
  /** End the process now, without events. */
  exit(code: number): void;
  onError(error: unknown): void;
  clock: Clock;
}

export interface Quit {
  /** For Electron's `before-quit`, every time. */
  beforeQuit(event: { preventDefault(): void }): void;
  /** Quit without asking: a signal, or the system going down. */
  now(): void;
  /** True once windows may close. */
  readonly isDrained: boolean;
  /** True from the moment that quitting is settled. */
  readonly isEnding: boolean;
}

export function createQuit(deps: QuitDeps): Quit {
  let state: "open" | "asking" | "draining" | "drained" = "open";
  let isForced = false;

  async function drain(): Promise<void> {
    state = "draining";
    deps.onDraining();
    try {
      await deps.drain();
    } catch (error) {
      // The data is safe either way; refusing to quit would help nobody.
      deps.onError(error);
    }
    state = "drained";
    deps.quit();
  }

  async function ask(): Promise<void> {
    state = "asking";
    const active = await deps.activeRuns().catch(() => 0);
    const agreed = active === 0 || (await deps.ask(active));
    // A signal may have come while the question was on the screen.
    if (state !== "asking") return;
    if (agreed) await drain();
    else state = "open";
  }

  /** The question could not be put. The app stays, and the next request asks again. */
  function takeBack(error: unknown): void {
    if (state === "asking") state = "open";
    deps.onError(error);
  }

  function force(): void {
    if (isForced) return;
    isForced = true;
    deps.clock.after(FORCE_AFTER_MS, () => {
      if (state === "draining") deps.exit(FORCED_EXIT_CODE);
    });
  }

  return {
    beforeQuit(event) {
      if (state === "drained") return;
      event.preventDefault();
      if (state === "open") ask().catch(takeBack);
      else if (state === "draining") force();
    },
    now() {
      if (state === "draining") force();
      else if (state !== "drained") drain().catch(deps.onError);
    },
    get isDrained() {
      return state === "drained";
    },
    get isEnding() {
      return state === "draining" || state === "drained";
    },
  };
}
