/**
 * The program of the maintenance thread: folds the WAL back into the file, on a connection that writes no rows. It is not
 * the writer's work, since a checkpoint inside a commit would hold up every run. Ends when there has been nothing to do.
 */
import { parentPort, workerData } from "node:worker_threads";
import { openDatabase } from "../open.ts";

export interface MaintenanceData {
  databasePath: string;
  idleMs: number;
}

/** `truncate`: also give the WAL's space back, if nothing is being read from it. */
export interface CheckpointRequest {
  type: "checkpoint";
  truncate: boolean;
}

export interface CheckpointDone {
  type: "checkpointed";
  /** Pages in the WAL, and how many of them are in the file now. */
  log: number;
  checkpointed: number;
}

const { databasePath, idleMs } = workerData as MaintenanceData;
const db = openDatabase({ path: databasePath, synchronous: "FULL", busyTimeoutMs: 100 });
const idle = setTimeout(end, idleMs);

function end(): void {
  db.close();
  parentPort?.close();
}

parentPort?.on("message", ({ truncate }: CheckpointRequest) => {
  idle.refresh();
  const passive = checkpoint("PASSIVE");
  // TRUNCATE waits for readers; asked only when everything is in the file already, it has nobody to wait for.
  const backfilled = passive.log === passive.checkpointed;
  const result = truncate && backfilled ? checkpoint("TRUNCATE") : passive;
  parentPort?.postMessage({ type: "checkpointed", ...result } satisfies CheckpointDone);
});

function checkpoint(mode: "PASSIVE" | "TRUNCATE"): { log: number; checkpointed: number } {
  const [row] = db.pragma(`wal_checkpoint(${mode})`) as { log: number; checkpointed: number }[];
  return { log: row?.log ?? 0, checkpointed: row?.checkpointed ?? 0 };
}
