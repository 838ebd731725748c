/** Lets a caller wait until a run has ended or waits for a person. Woken by whoever moved the run, never polled. */
import { isTerminal, type RunStatus } from "../../shared/transitions.ts";
import type { Clock } from "../lib/clock.ts";
import type { Store } from "../store/store.ts";

const isSettled = (status: RunStatus): boolean =>
  isTerminal(status) || status === "waiting_human" || status === "waiting_approval" || status === "paused";

export function createSettlements(store: Store, clock: Clock) {
  const waiting = new Map<string, Set<() => void>>();
  const settledNow = (runId: string): boolean => {
    const run = store.runs.summary(runId);
    return run === undefined || isSettled(run.status);
  };

  return {
    wait(runId: string, timeoutMs: number, signal: AbortSignal): Promise<"settled" | "timeout"> {
      if (settledNow(runId)) return Promise.resolve("settled");
      if (signal.aborted) return Promise.resolve("timeout");
      return new Promise((resolve) => {
        const listeners = waiting.get(runId) ?? new Set();
        const end = (how: "settled" | "timeout") => {
          cancelTimer();
          signal.removeEventListener("abort", giveUp);
          listeners.delete(settle);
          if (listeners.size === 0) waiting.delete(runId);
          resolve(how);
        };
        const settle = () => end("settled");
        const giveUp = () => end("timeout");
        const cancelTimer = clock.after(timeoutMs, giveUp);
        signal.addEventListener("abort", giveUp, { once: true });
        waiting.set(runId, listeners.add(settle));
      });
    },
    /** Somebody moved this run: those who wait for it may go on. */
    check(runId: string): void {
      const listeners = waiting.get(runId);
      if (!listeners || !settledNow(runId)) return;
      for (const settle of [...listeners]) settle();
    },
    /** The engine stops: nobody waits any longer. */
    close(): void {
      for (const listeners of [...waiting.values()]) for (const settle of [...listeners]) settle();
    },
  };
}
