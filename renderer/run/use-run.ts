/** One run, live: the snapshot, the events, and both folded into what is drawn. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { getRun, listSteps } from "../../shared/api/runs.ts";
import { isTerminal } from "../../shared/transitions.ts";
import { call } from "../api/client.ts";
import { artifactsQuery, queryClient, SAFETY_POLL_MS } from "../api/queries.ts";
import { throttled } from "../api/throttle.ts";
import { applyEvent, type RunView } from "./run-view.ts";
import { type EventLog, useRunEvents } from "./use-run-events.ts";

const REFRESH_MS = 400;

export interface LiveRun {
  view: RunView | undefined;
  log: EventLog;
  error: Error | null;
  retry(): void;
}

export function useRun(runId: string): LiveRun {
  const lastSeen = useRef(0);
  const snapshot = useQuery({
    queryKey: ["run", runId, "snapshot"],
    queryFn: async ({ signal }) => {
      // Taken before the reads: an event that comes during them is folded again, which is harmless; a missed one is not.
      const upTo = lastSeen.current;
      const [run, { steps }] = await Promise.all([
        call(getRun, { params: { run_id: runId }, signal }),
        call(listSteps, { params: { run_id: runId }, signal }),
      ]);
      return { upTo, view: { run, steps } satisfies RunView };
    },
    refetchInterval: (query) =>
      query.state.data && isTerminal(query.state.data.view.run.status) ? false : SAFETY_POLL_MS,
  });
  const known = snapshot.data;
  const live = known !== undefined && !isTerminal(known.view.run.status);
  const log = useRunEvents(runId, live);
  const last = log.events.at(-1)?.event_seq ?? 0;
  useEffect(() => {
    lastSeen.current = last;
  }, [last]);
  useRefresh(runId, last, log.complete && live);
  const view = useMemo(() => {
    if (!known) return undefined;
    // Only a run that goes on needs folding; stored history is in the snapshot already.
    if (!live || known.upTo === 0) return known.view;
    const from = log.events.findIndex((event) => event.event_seq > known.upTo);
    return from < 0 ? known.view : log.events.slice(from).reduce(applyEvent, known.view);
  }, [known, live, log.events]);
  return { view, log, error: snapshot.error, retry: () => void snapshot.refetch() };
}

/** Outputs, waits and artifacts are not in the events: read them again when something happened. */
function useRefresh(runId: string, lastSeq: number, enabled: boolean): void {
  const refresh = useMemo(
    () =>
      throttled(REFRESH_MS, () => {
        void queryClient.invalidateQueries({ queryKey: ["run", runId, "snapshot"] });
        void queryClient.invalidateQueries({ queryKey: artifactsQuery(runId).queryKey });
        void queryClient.invalidateQueries({ queryKey: ["run", runId, "attempts"] });
      }),
    [runId],
  );
  useEffect(() => {
    if (enabled && lastSeq > 0) refresh.request();
  }, [enabled, lastSeq, refresh]);
}
