/** The live wire of the whole window: one stream of all runs that tells the lists when to look again. */
import { useEffect } from "react";
import { streamAllEvents } from "../../shared/api/events.ts";
import { addressOf } from "../api/client.ts";
import { queryClient } from "../api/queries.ts";
import { followStream } from "../api/stream.ts";
import { throttled } from "../api/throttle.ts";
import { isDesktop } from "../desktop-bridge.ts";
import { createStore } from "../parts/store.ts";

export const connection = createStore<"connecting" | "live" | "lost">("connecting");

/** Runs that something just happened to, for rows that are far down a list. */
export const touchedRuns = createStore<ReadonlySet<string>>(new Set());

const LISTS_MS = 250;
const SLOW_LISTS_MS = 2000;

/**
 * Keep lists and counts fresh. A hidden browser tab lets go of its stream, since a browser grants one server only six
 * connections; the desktop window keeps it for the badge.
 */
export function useLive(): void {
  useEffect(() => {
    let touched = new Set<string>();
    const lists = throttled(LISTS_MS, () => {
      void queryClient.invalidateQueries({ queryKey: ["runs"] });
      void queryClient.invalidateQueries({ queryKey: ["approvals"] });
      touchedRuns.set(touched);
      touched = new Set();
    });
    const slowLists = throttled(SLOW_LISTS_MS, () => void queryClient.invalidateQueries({ queryKey: ["workflows"] }));
    let stop: AbortController | null = null;
    function follow(): void {
      if (stop || (document.hidden && !isDesktop())) return;
      stop = new AbortController();
      void followStream({
        address: addressOf(streamAllEvents),
        signal: stop.signal,
        onState: (state) => {
          connection.set(state === "open" ? "live" : "lost");
          // What happened while the wire was down was not heard; ask for all of it.
          if (state === "open") void queryClient.invalidateQueries();
        },
        onFrame: ({ data }) => {
          const runId = runIdOf(data);
          if (runId) touched.add(runId);
          lists.request();
          slowLists.request();
        },
      });
    }
    function visibilityChanged(): void {
      if (!document.hidden) follow();
      else if (!isDesktop()) {
        stop?.abort();
        stop = null;
      }
    }
    follow();
    document.addEventListener("visibilitychange", visibilityChanged);
    return () => {
      document.removeEventListener("visibilitychange", visibilityChanged);
      stop?.abort();
      lists.stop();
      slowLists.stop();
    };
  }, []);
}

function runIdOf(data: string): string | null {
  return /"run_id":"([^"]+)"/.exec(data)?.[1] ?? null;
}
