/** What steps get of the app, bound to the run and step that asks: files, artifacts, and memory across runs. */

import { mkdir } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { messageOf } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";
import type { Logger } from "../lib/log.ts";
import type { ArtifactRef, FileAccess, NewArtifact, StepContext } from "../steps/step-type.ts";
import type { Store } from "../store/store.ts";
import { type ArtifactStore, mimeTypeOf, type StoredFile } from "./artifact-store.ts";
import { type FileRules, resolveFor, workdirOf } from "./file-access.ts";
import type { RunSecrets } from "./secrets/run-secrets.ts";

/** Who asks. `recorded` resolves when the step's row exists. */
export interface Asking {
  run: { id: string; workflowName: string };
  step: { id: string; stepRunId: string };
  recorded(): Promise<unknown>;
  secrets: RunSecrets;
}

export interface StepServices {
  filesFor(asking: Asking): FileAccess;
  artifactsFor(asking: Asking, signal: AbortSignal): StepContext<unknown>["artifacts"];
  stateFor(asking: Asking): StepContext<unknown>["state"];
  /** Note a child process with its step, so that whoever looks after a crash can tell it. */
  childStarted(asking: Asking, child: { pid: number; processGroup: boolean }): void;
}

interface Deps {
  store: Store;
  log: Logger;
  clock: Clock;
  ids: Ids;
  artifacts: ArtifactStore;
  files: FileRules;
}

export function createStepServices({ store, log, clock, ids, artifacts, files }: Deps): StepServices {
  /** The artifact's row and its event, in one transaction. */
  async function recordArtifact({ run, step }: Asking, artifact: NewArtifact, kept: StoredFile): Promise<ArtifactRef> {
    const mimeType = artifact.mimeType ?? mimeTypeOf(artifact.name);
    const at = clock.now();
    const ref = {
      artifact_id: ids.next(),
      name: artifact.name,
      mime_type: mimeType,
      size_bytes: kept.sizeBytes,
    };
    const { stepRunId } = step;
    await store.write("add artifact", (tables) => {
      tables.artifacts.insert({
        artifactId: ref.artifact_id,
        runId: run.id,
        stepRunId,
        stepId: step.id,
        name: artifact.name,
        type: artifact.type,
        uri: pathToFileURL(kept.path).href,
        sizeBytes: kept.sizeBytes,
        mimeType,
        checksumSha256: kept.sha256,
        metadataJson: JSON.stringify(artifact.metadata ?? {}),
        createdAt: at,
      });
      tables.events.append(run.id, [{ type: "artifact_added", payload: { ...ref, step_id: step.id }, stepRunId, at }]);
    });
    return { ...ref, sha256: kept.sha256 };
  }

  return {
    filesFor({ run, step, recorded }) {
      return {
        resolve: (path, purpose) => resolveFor(files, run.id, path, purpose),
        async workdir() {
          const workdir = workdirOf(files, run.id);
          await mkdir(workdir, { recursive: true, mode: 0o700 });
          await recorded();
          // The engine's own word on where the step worked; artifacts are judged against it.
          await store.write("record workdir", (tables) => tables.artifacts.recordWorkdir(step.stepRunId, workdir));
          return workdir;
        },
      };
    },

    artifactsFor(asking, signal) {
      return {
        async add(artifact: NewArtifact): Promise<ArtifactRef> {
          const source =
            artifact.path === undefined
              ? { content: asking.secrets.redact(artifact.content ?? "") }
              : { path: await resolveFor(files, asking.run.id, artifact.path, "read") };
          const kept = await artifacts.keep(source, signal);
          try {
            await asking.recorded();
            // A step that was left behind adds nothing to a run that went on without it.
            signal.throwIfAborted();
            return await recordArtifact(asking, artifact, kept);
          } finally {
            artifacts.release(kept.path);
          }
        },
      };
    },

    childStarted({ step, recorded }, { pid, processGroup }) {
      const child = { stepRunId: step.stepRunId, pid, pgid: processGroup ? pid : null };
      void recorded()
        .then(() => store.write("record child", (tables) => tables.stepRuns.recordChild(child)))
        .catch((error: unknown) => log.warn({ pid, err: messageOf(error) }, "a child process could not be recorded"));
    },

    stateFor({ run, secrets }) {
      return {
        async get(key) {
          const json = store.state.get(run.workflowName, key);
          return json === undefined ? undefined : (JSON.parse(json) as unknown);
        },
        change(key, to) {
          const at = clock.now();
          const { workflowName } = run;
          return store.write("change state", (tables) => {
            const json = tables.state.get(workflowName, key);
            const stored: unknown = json === undefined ? undefined : JSON.parse(json);
            const value = secrets.redact(to(stored) ?? null);
            tables.state.set({ workflowName, key, valueJson: JSON.stringify(value), at });
            return { stored, value };
          });
        },
        async set(key, value) {
          const valueJson = JSON.stringify(secrets.redact(value ?? null));
          const at = clock.now();
          await store.write("set state", (tables) =>
            tables.state.set({ workflowName: run.workflowName, key, valueJson, at }),
          );
        },
      };
    },
  };
}
