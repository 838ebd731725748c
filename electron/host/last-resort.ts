/**
 * The end of a process whose engine thread neither stops nor can be cut off, e.g. because the system keeps it in a call
 * that never returns. Leaving in order would wait for that thread for ever, so the process is killed; the locks go with
 * it, and the next start judges what was running. Nothing that waits may be in here.
 */
import { writeSync } from "node:fs";
import { removeServerFile } from "./server-file.ts";

/**
 * Say why on stderr, take server.json away and end this process at once.
 * @param dataDir the folder whose host this process is; null as long as it is not known to hold the lock
 */
export function killThisProcess(dataDir: string | null, sentence: string): void {
  try {
    writeSync(2, `${sentence}\n`);
  } catch {
    // Nobody reads stderr any more.
  }
  try {
    if (dataDir !== null) removeServerFile(dataDir);
  } finally {
    process.kill(process.pid, "SIGKILL");
  }
}
