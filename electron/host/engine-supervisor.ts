/**
 * Keeps the engine thread alive: a thread that ends unasked, or is cut off because it no longer answers, is started
 * again, on the same port and with the same token, after a growing pause; at most three times in a minute, then it is given up. What was running is judged by the engine
 * itself at its next start, from rows.
 *
 * States: `running` -> (ended) `pausing` -> (started) `running` | (too often) `given up`; `stopped` from any of them.
 * A thread that hangs and cannot be cut off is given up at once: two engines must not share one database.
 * The very first start is different: it either succeeds or its error is the caller's.
 */
import { messageOf } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { EngineHandle } from "./engine-handle.ts";
import type { EngineReady, EngineStatus } from "./engine-messages.ts";
import { SILENCE_LIMIT_MS, watchPulse } from "./pulse.ts";

export interface EngineFailure {
  /** A sentence for a person. */
  message: string;
  restarting: boolean;
}

export interface EngineSupervisor {
  readonly ready: EngineReady;
  status(): Promise<EngineStatus>;
  /** Returns a function that ends the subscription. */
  onFailure(listener: (failure: EngineFailure) => void): () => void;
  /** Ends the thread and all restarting; safe more than once. */
  stop(): Promise<void>;
  /** Ends the thread and all restarting without a drain. */
  cutOff(): Promise<void>;
  /** The thread could not be ended: the process must be killed, as leaving in order would wait for it. */
  isStuck(): boolean;
}

export interface SupervisorOptions {
  /** Start a thread that listens on `port`; 0 for a free one. */
  launch(port: number): EngineHandle;
  port: number;
  clock: Clock;
}

export const MOST_RESTARTS = 3;
export const RESTART_WINDOW_MS = 60_000;
const PAUSES_MS = [100, 1_000, 5_000] as const;

/** Start the engine and watch over it from then on. Rejects with the error of the first start. */
export async function superviseEngine({ launch, port, clock }: SupervisorOptions): Promise<EngineSupervisor> {
  const listeners = new Set<(failure: EngineFailure) => void>();
  let restarts: number[] = [];
  let engine = launch(port);
  let cancelPause = (): void => undefined;
  let endPulse = (): void => undefined;
  let stopping: Promise<void> | null = null;

  const ready = await engine.ready;
  watch(engine);

  function watch(watched: EngineHandle): void {
    feel(watched);
    void watched.ended.then(({ reason }) => {
      endPulse();
      if (!stopping) recover(reason);
    });
  }

  function feel(watched: EngineHandle): void {
    endPulse = watchPulse({
      clock,
      ask: () => watched.status(),
      heard: () => watched.heard(),
      onSilence: () => void endSilent(watched),
    });
  }

  /** Where it can be cut off, its end is what starts it again. */
  async function endSilent(watched: EngineHandle): Promise<void> {
    const silence = `it did not answer for ${SILENCE_LIMIT_MS / 1000} s`;
    if (await watched.cutOff(silence)) return;
    if (!stopping)
      report(`The engine hangs and cannot be started again: ${silence}, and its thread cannot be cut off.`, false);
  }

  function recover(reason: string): void {
    const now = clock.monotonic();
    restarts = restarts.filter((at) => at > now - RESTART_WINDOW_MS);
    const pauseMs = PAUSES_MS[restarts.length];
    if (restarts.length >= MOST_RESTARTS || pauseMs === undefined) {
      report(
        `The engine stopped ${restarts.length + 1} times within a minute and is not started again: ${reason}.`,
        false,
      );
      return;
    }
    restarts.push(now);
    report(`The engine stopped unexpectedly and is started again: ${reason}.`, true);
    cancelPause = clock.after(pauseMs, restart);
  }

  function restart(): void {
    const restarted = launch(ready.port);
    engine = restarted;
    let startError: string | null = null;
    restarted.ready.then(
      () => {
        if (!stopping) feel(restarted);
      },
      (error) => {
        startError = messageOf(error);
      },
    );
    void restarted.ended.then(({ reason }) => {
      endPulse();
      if (!stopping) recover(startError ?? reason);
    });
  }

  function report(message: string, restarting: boolean): void {
    for (const listener of listeners) listener({ message, restarting });
  }

  return {
    ready,
    status: () => engine.status(),
    onFailure(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      cancelPause();
      endPulse();
      stopping ??= engine.stop();
      return stopping;
    },
    async cutOff() {
      cancelPause();
      endPulse();
      stopping ??= Promise.resolve();
      await engine.cutOff("it was cut off");
    },
    isStuck: () => engine.isStuck(),
  };
}
