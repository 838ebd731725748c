/**
 * Gives runs their slots. Which runs wait is in the table (`ready_at`), never in memory; the dispatcher is woken when a
 * run is queued or a slot comes free, and takes from the workflows in turn, so that one with ten thousand waiting runs
 * does not keep the others out. Within a workflow: by priority, then by how long it has waited.
 */
import { messageOf } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";
import type { Logger } from "../lib/log.ts";
import type { Store } from "../store/store.ts";
import type { LaneRow } from "../store/tables/runs.ts";
import type { RunWorker, WorkerEnd } from "./run-worker.ts";

export interface Limits {
  /** Runs that may be active at once. */
  total: number;
  /** Runs of one workflow that may be active at once; ad-hoc runs count only towards the total. */
  perWorkflow: number;
}

export interface DispatcherDeps {
  store: Store;
  clock: Clock;
  ids: Ids;
  log: Logger;
  limits: () => Limits;
  /** How many runs of its workflow may be under way at once, as the run's definition says; null if it does not. */
  limitOf: (run: LaneRow) => number | null;
  startWorker: (claimed: { runId: string; leaseId: string }) => RunWorker;
  /** A worker let go of its run: it ended, parked, or was changed while it parked. */
  onLeft: (runId: string, end: WorkerEnd) => void;
}

/** The lane of runs that belong to no saved workflow. */
export const AD_HOC_LANE = "";

export type Dispatcher = ReturnType<typeof createDispatcher>;

/** Pauses before a run is tried again whose records could not be saved; doubled each time. */
const FIRST_REST_MS = 1000;
const LONGEST_REST_MS = 60_000;

export function createDispatcher({ store, clock, ids, log, limits, limitOf, startWorker, onLeft }: DispatcherDeps) {
  const active = new Map<string, { lane: string; worker: RunWorker }>();
  const perLane = new Map<string, number>();
  /** Runs that could not be saved rest for a while, or they would be tried without end; and how often in a row. */
  const resting = new Set<string>();
  const restedTimes = new Map<string, number>();
  let scheduled = false;
  let accepting = true;
  let lastLane = "";

  /** Look for runs to start, once this turn of the loop is over. */
  function nudge(): void {
    if (scheduled || !accepting) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      try {
        tick();
      } catch (error) {
        log.error({ err: messageOf(error) }, "runs could not be given their slots; trying again");
        clock.after(FIRST_REST_MS, nudge);
      }
    });
  }

  /** Fill free slots; returns how many runs were started. */
  function tick(): number {
    if (!accepting) return 0;
    let started = 0;
    let free = limits().total - active.size;
    if (free <= 0) return 0;
    const queues = waitingByLane(free);
    // One from each lane in turn, beginning after the lane that was served last.
    while (free > 0 && queues.length > 0) {
      const queue = queues.shift();
      const runId = queue?.runIds.shift();
      if (!queue || runId === undefined) continue;
      start(runId, queue.lane);
      started += 1;
      free -= 1;
      if (queue.runIds.length > 0 && hasRoom(queue.lane)) queues.push(queue);
    }
    return started;
  }

  function waitingByLane(free: number): { lane: string; runIds: string[] }[] {
    const lanes = store.runs.readyLanes().filter(hasRoom);
    const at = lanes.findIndex((lane) => lane > lastLane);
    const inTurn = at <= 0 ? lanes : [...lanes.slice(at), ...lanes.slice(0, at)];
    // A run whose claim is not on disk yet still shows as waiting, so look past those.
    return inTurn.map((lane) => ({
      lane,
      runIds: admitted(lane, free + (perLane.get(lane) ?? 0) + resting.size)
        .map((row) => row.runId)
        .filter((runId) => !active.has(runId) && !resting.has(runId)),
    }));
  }

  /**
   * Runs of a lane that may have a slot, at most `most`. Where the definition sets a limit, a run that has begun keeps its
   * place until it ends, also while it waits for a time or a person; others come in as places fall free.
   */
  function admitted(lane: string, most: number): LaneRow[] {
    const rows = store.runs.readyOfLane(lane, most);
    const [first] = rows;
    const limit = lane === AD_HOC_LANE || !first ? null : limitOf(first);
    if (limit === null) return rows;
    const carried = [...active].flatMap(([runId, one]) => (one.lane === lane ? [runId] : []));
    const taken = new Set([...store.runs.atWorkOfLane(lane), ...carried]);
    const fresh = rows.filter(({ runId, begun }) => begun === 0 && !active.has(runId));
    return [...store.runs.begunOfLane(lane, most), ...fresh.slice(0, Math.max(0, limit - taken.size))];
  }

  const hasRoom = (lane: string): boolean => lane === AD_HOC_LANE || (perLane.get(lane) ?? 0) < limits().perWorkflow;

  function start(runId: string, lane: string): void {
    lastLane = lane;
    const worker = begin(runId);
    if (!worker) return;
    active.set(runId, { lane, worker });
    perLane.set(lane, (perLane.get(lane) ?? 0) + 1);
    void worker.done.then((end) => {
      active.delete(runId);
      const left = (perLane.get(lane) ?? 1) - 1;
      if (left === 0) perLane.delete(lane);
      else perLane.set(lane, left);
      log.debug({ run_id: runId, left: end.left }, "worker done");
      if (end.left === "broken") rest(runId);
      else restedTimes.delete(runId);
      onLeft(runId, end);
      nudge();
    });
  }

  function begin(runId: string): RunWorker | null {
    try {
      return startWorker({ runId, leaseId: ids.next() });
    } catch (error) {
      log.error({ run_id: runId, err: messageOf(error) }, "the run could not be begun; trying again");
      rest(runId);
      return null;
    }
  }

  function rest(runId: string): void {
    const times = restedTimes.get(runId) ?? 0;
    restedTimes.set(runId, times + 1);
    resting.add(runId);
    clock.after(Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** times), () => {
      resting.delete(runId);
      nudge();
    });
  }

  return {
    nudge,
    tick,
    /** Tell the worker of a run, if it has one, that its rows were changed. */
    wake: (runId: string): void => active.get(runId)?.worker.wake(),
    /** True while a worker has the run, or has not let go of it yet. */
    carries: (runId: string): boolean => active.has(runId),
    activeCount: (): number => active.size,
    queueDepth: (): number => Math.max(0, store.runs.readyCount()),
    /** Start nothing more; resolves when every worker has let go of its run. */
    async drain(graceMs: number): Promise<void> {
      accepting = false;
      for (const { worker } of active.values()) worker.stop(graceMs);
      await Promise.all([...active.values()].map(({ worker }) => worker.done));
    },
  };
}
