/** The program of a reader thread: one long read of the database, on a read-only connection of its own, then it ends. */
import { parentPort, workerData } from "node:worker_threads";
import { BackupCancelled, type BackupResult, copyDatabase } from "../backup-copy.ts";

export interface BackupTask {
  task: "backup";
  databasePath: string;
  targetPath: string;
  walLimitBytes: number;
}

export type FromReader =
  | { type: "progress"; pagesDone: number; pagesTotal: number }
  | { type: "done"; result: BackupResult }
  | { type: "failed"; cancelled: boolean; code: string; message: string };

const { databasePath, targetPath, walLimitBytes } = workerData as BackupTask;
const post = (message: FromReader): void => parentPort?.postMessage(message);
let cancelled = false;
parentPort?.on("message", (message: { type: "cancel" }) => {
  cancelled = message.type === "cancel";
});

try {
  const result = await copyDatabase({
    databasePath,
    targetPath,
    walLimitBytes,
    isCancelled: () => cancelled,
    onProgress: (pagesDone, pagesTotal) => post({ type: "progress", pagesDone, pagesTotal }),
  });
  post({ type: "done", result });
} catch (error) {
  const { code = "backup_failed", message } = error as { code?: string; message: string };
  post({ type: "failed", cancelled: error instanceof BackupCancelled, code, message });
}
parentPort?.close();
