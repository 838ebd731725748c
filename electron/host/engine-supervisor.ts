/**
 * Keeps the engine thread alive: a thread that ends unasked is started again, on the same port and with the same token,
 * after a growing pause; at most three times in a minute, then it is given up. What was running is judged by the engine
 * itself at its next start, from rows.
 *
 * States: `running` -> (ended) `pausing` -> (started) `running` | (too often) `given up`; `stopped` from any of them.
 * The very first start is different: it either succeeds or its error is the caller's.
 */
import { messageOf } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { EngineHandle } from "./engine-handle.ts";
import type { EngineReady, EngineStatus } from "./engine-messages.ts";

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
  let stopping: Promise<void> | null = null;

  const ready = await engine.ready;
  watch(engine);

  function watch(watched: EngineHandle): void {
    void watched.ended.then(({ reason }) => {
      if (!stopping) recover(reason);
    });
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
    engine = launch(ready.port);
    let startError: string | null = null;
    engine.ready.catch((error) => {
      startError = messageOf(error);
    });
    void engine.ended.then(({ reason }) => {
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
      stopping ??= engine.stop();
      return stopping;
    },
  };
}
