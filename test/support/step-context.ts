/**
 * A context for running one step by itself, in a real temporary folder: files, child processes and sockets are real,
 * templates are the engine's own, and the compute tasks run in place. What the engine adds round a step is not here.
 */
import { mkdir, mkdtemp, readFile, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import { renderNow } from "../../electron/engine/templating/render.ts";
import { systemClock } from "../../electron/lib/clock.ts";
import type { EgressSettings } from "../../electron/net/egress-settings.ts";
import { createUndiciSender } from "../../electron/net/undici-sender.ts";
import { STEP_TYPES } from "../../electron/steps/registry.ts";
import {
  type ArtifactRef,
  failed,
  type Outputs,
  type StepContext,
  StepError,
  type StepResult,
} from "../../electron/steps/step-type.ts";
import { computeTasks } from "../../electron/steps/tasks/index.ts";

/** Everything on this machine may be reached: the tests' own servers live here. */
export const OPEN_EGRESS: EgressSettings = {
  profile: "permissive",
  allowedPorts: "any",
  blockPrivate: false,
  lists: [],
  localTargets: [],
};

export interface KeptArtifact {
  name: string;
  mimeType: string | undefined;
  text: string;
}

export interface StepBench {
  folder: string;
  artifacts: KeptArtifact[];
  logs: { level: string; message: string }[];
  tails: { stdout_tail?: string; stderr_tail?: string }[];
  state: Map<string, unknown>;
  /** Render the config, check it against the type's schema, and run it. */
  run(type: string, config: Record<string, unknown>, options?: RunOptions): Promise<StepResult>;
}

export interface RunOptions {
  scope?: Record<string, unknown>;
  last?: Outputs | null;
  signal?: AbortSignal;
  overrides?: Partial<StepContext<unknown>>;
}

export async function stepBench(options: { approved?: string[]; egress?: EgressSettings } = {}): Promise<StepBench> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "step-")));
  const bench: StepBench = { folder, artifacts: [], logs: [], tails: [], state: new Map(), run };
  const http = createUndiciSender({ settings: () => options.egress ?? OPEN_EGRESS });

  async function run(type: string, written: Record<string, unknown>, given: RunOptions = {}): Promise<StepResult> {
    const step = STEP_TYPES.get(type);
    if (!step) return failed("unknown_step_type", type);
    const scope = { ...given.scope, last: given.last ?? null };
    try {
      const config = step.schema.parse(rendered(written, scope, new Set(step.raw)));
      return await step.execute(context(config, scope, given));
    } catch (error) {
      if (error instanceof StepError) return failed(error.code, error.message, error.extra);
      throw error;
    }
  }

  function context(config: unknown, scope: Record<string, unknown>, given: RunOptions): StepContext<unknown> {
    return {
      config,
      run: { id: "run-1", workflowId: 1, workflowName: "bench" },
      step: { id: "s1", stepRunId: "sr-1", attempt: 1, visit: 1 },
      idempotencyKey: "run-1:s1:1",
      signal: given.signal ?? new AbortController().signal,
      last: given.last ?? null,
      clock: systemClock,
      render: async (value, names = {}) => renderNow(value, { ...scope, ...names }),
      runInner: (step, names) => run(step.type, step.config, { ...given, scope: { ...scope, ...names } }),
      files: {
        resolve: (path) => resolveInside(path, [folder, ...(options.approved ?? [])]),
        workdir: async () => folder,
      },
      artifacts: { add: keep },
      state: {
        get: async (key) => bench.state.get(key),
        set: async (key, value) => void bench.state.set(key, value),
        async change(key, to) {
          const stored = bench.state.get(key);
          const value = to(stored);
          bench.state.set(key, value);
          return { stored, value };
        },
      },
      // Cloned on the way in and out, as between threads.
      compute: async (task, input) =>
        structuredClone(await (computeTasks[task] as (input: unknown) => unknown)(structuredClone(input))) as never,
      http,
      progress() {},
      log: (level, message) => void bench.logs.push({ level, message }),
      logTail: (tail) => void bench.tails.push(tail),
      ...given.overrides,
    };
  }

  async function keep(artifact: Parameters<StepContext<unknown>["artifacts"]["add"]>[0]): Promise<ArtifactRef> {
    const bytes = artifact.path ? await readFile(artifact.path) : Buffer.from(artifact.content ?? "");
    bench.artifacts.push({ name: artifact.name, mimeType: artifact.mimeType, text: bytes.toString("utf8") });
    return {
      artifact_id: `a${bench.artifacts.length}`,
      name: artifact.name,
      size_bytes: bytes.byteLength,
      mime_type: artifact.mimeType ?? "",
      sha256: "",
    };
  }

  return bench;
}

async function resolveInside(path: string, roots: string[]): Promise<string> {
  const full = isAbsolute(path) ? path : join(roots[0] ?? "", path);
  await mkdir(roots[0] ?? "", { recursive: true });
  const inside = roots.some((root) => !relative(root, full).startsWith(".."));
  if (!inside) throw new StepError("file_access_denied", `${path} is outside of what this step may use.`);
  return full;
}

const rendered = (
  config: Record<string, unknown>,
  scope: Record<string, unknown>,
  raw: ReadonlySet<string>,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, raw.has(name) ? value : renderNow(value, scope, name)]),
  );
