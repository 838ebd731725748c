/** The files of a run: its folder, and the content of its artifacts. Which rows there are is not decided here. */
import { constants } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { messageOf } from "../lib/app-error.ts";
import type { Logger } from "../lib/log.ts";
import type { Store } from "../store/store.ts";
import type { ArtifactRow } from "../store/tables/artifacts.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { type FileRules, workdirOf } from "./file-access.ts";

export interface RunFiles {
  /** After the rows of a run are gone. Never rejects: what cannot be removed now costs room, not the deletion. */
  remove(runId: string, artifacts: readonly ArtifactRow[]): Promise<void>;
  /** What a run left in its folder, for the run that goes on from there. Nothing if it had no folder. */
  copyFolder(fromRunId: string, toRunId: string): Promise<void>;
}

interface Deps {
  store: Pick<Store, "artifacts">;
  artifacts: ArtifactStore;
  files: FileRules;
  log: Logger;
}

export function createRunFiles({ store, artifacts, files, log }: Deps): RunFiles {
  /** Content is shared between artifacts, so it goes with the last row that names it. */
  function removeContent({ uri, checksumSha256 }: ArtifactRow): void {
    if (!URL.canParse(uri) || !uri.startsWith("file:")) return;
    artifacts.discard(fileURLToPath(uri), () => store.artifacts.isNamed(uri, checksumSha256));
  }

  async function trying(runId: string, remove: () => unknown): Promise<void> {
    try {
      await remove();
    } catch (error) {
      log.warn({ run_id: runId, err: messageOf(error) }, "a file of a deleted run could not be removed");
    }
  }

  return {
    async remove(runId, rows) {
      for (const row of rows) await trying(runId, () => removeContent(row));
      await trying(runId, () => rm(workdirOf(files, runId), { recursive: true, force: true }));
    },
    async copyFolder(fromRunId, toRunId) {
      const options = { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE };
      await cp(workdirOf(files, fromRunId), workdirOf(files, toRunId), options).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      });
    },
  };
}
