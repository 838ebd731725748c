/** Keeps the WAL small: looks at its size after commits, and has the maintenance thread fold it back when it has grown. */
import { statSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import type { Store } from "../store/store.ts";
import type { CheckpointDone, CheckpointRequest, MaintenanceData } from "../store/threads/maintenance-thread.ts";

export interface CheckpointerDeps {
  store: Store;
  clock: Clock;
  log: Logger;
  /** File URL of the maintenance thread's program. */
  entry: string;
}

const LOOK_EVERY_MS = 1000;
const CHECKPOINT_BYTES = 4 * 1024 * 1024;
const TRUNCATE_BYTES = 32 * 1024 * 1024;
/** A WAL this large after a checkpoint means that something keeps an old moment of it pinned. */
const ALARM_BYTES = 64 * 1024 * 1024;
const THREAD_IDLE_MS = 15_000;

export function createCheckpointer({ store, clock, log, entry }: CheckpointerDeps) {
  let thread: Worker | null = null;
  let busy = false;
  let cancelLook: (() => void) | null = null;
  let unsubscribe: (() => void) | null = null;
  let alarmed = false;

  const walBytes = (): number => statSync(`${store.path}-wal`, { throwIfNoEntry: false })?.size ?? 0;

  function lookSoon(): void {
    cancelLook ??= clock.after(LOOK_EVERY_MS, () => {
      cancelLook = null;
      const bytes = walBytes();
      if (bytes > CHECKPOINT_BYTES && !busy) ask(bytes > TRUNCATE_BYTES);
    });
  }

  function ask(truncate: boolean): void {
    busy = true;
    thread ??= startThread();
    thread.postMessage({ type: "checkpoint", truncate } satisfies CheckpointRequest);
  }

  function startThread(): Worker {
    const data: MaintenanceData = { databasePath: store.path, idleMs: THREAD_IDLE_MS };
    const worker = new Worker(new URL(entry), { workerData: data });
    worker.on("message", ({ log: pages, checkpointed }: CheckpointDone) => {
      busy = false;
      log.debug({ pages, checkpointed }, "checkpoint");
      warnIfPinned();
    });
    worker.on("error", (error) => log.error({ err: String(error) }, "the maintenance thread failed"));
    worker.on("exit", () => {
      busy = false;
      if (thread === worker) thread = null;
    });
    worker.unref();
    return worker;
  }

  function warnIfPinned(): void {
    const bytes = walBytes();
    if (bytes < ALARM_BYTES) alarmed = false;
    else if (!alarmed) {
      alarmed = true;
      log.warn(
        { wal_bytes: bytes },
        "the WAL stays large; a long read or another program keeps it from being folded back",
      );
    }
  }

  return {
    name: "checkpointer",
    start(): void {
      unsubscribe = store.bell.on(lookSoon);
    },
    async stop(): Promise<void> {
      unsubscribe?.();
      cancelLook?.();
      const running = thread;
      thread = null;
      await running?.terminate();
    },
  };
}
