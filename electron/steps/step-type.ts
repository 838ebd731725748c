/**
 * What a step type is, and all that it may touch while it runs. A type is one file: schema, capability, execute.
 * A step never opens the database, the clock, the network or a file on its own; it asks its context.
 */
import type { z } from "zod";
import type { Failure, StepErrorCode } from "../../shared/error.ts";
import { NEVER_RETRIED } from "../../shared/error.ts";
import type { Capability } from "../../shared/step-type.ts";
import type { Clock } from "../lib/clock.ts";
import type { HttpSender } from "../net/http-sender.ts";
import type { ComputeTasks } from "./tasks/index.ts";

export type Outputs = Record<string, unknown>;

/** What a step asks to wait for. While it waits, the run holds no slot. */
export type WaitRequest =
  /** Go on at `dueAt` (epoch ms); the step then succeeds with `outputs`. */
  | { kind: "time"; dueAt: number; outputs: Outputs }
  /** A person decides; past `deadlineAt` (epoch ms) the step has timed out. */
  | {
      kind: "approval" | "human";
      assignedTo: string;
      instructions: string | null;
      formSchema: Record<string, unknown> | null;
      deadlineAt: number | null;
    };

export type StepResult =
  /** `next`: the step to go to, chosen by the step itself; `_end` ends the run; null or absent means the natural order. */
  | { status: "ok"; outputs: Outputs; next?: string | null }
  | { status: "failed"; failure: Failure; outputs?: Outputs }
  | { status: "wait"; wait: WaitRequest }
  | { status: "cancelled" };

export const ok = (outputs: Outputs, next?: string | null): StepResult => ({ status: "ok", outputs, next });

/** A failure with a code, a sentence, and a hint at what to do. Retryable unless its code rules that out. */
export function failed(
  code: StepErrorCode | (string & {}),
  message: string,
  extra: { hint?: string; retryable?: boolean; retryAfterMs?: number; outputs?: Outputs } = {},
): StepResult {
  return {
    status: "failed",
    failure: {
      code,
      message,
      hint: extra.hint,
      retryable: (extra.retryable ?? true) && !NEVER_RETRIED.has(code),
      retry_after_ms: extra.retryAfterMs,
    },
    outputs: extra.outputs,
  };
}

/** Thrown anywhere below `execute` to end the step as failed; the same as returning `failed(…)`. */
export class StepError extends Error {
  readonly code: string;
  readonly extra: { hint?: string; retryable?: boolean; retryAfterMs?: number; outputs?: Outputs };

  constructor(
    code: StepErrorCode | (string & {}),
    message: string,
    extra: { hint?: string; retryable?: boolean; retryAfterMs?: number; outputs?: Outputs } = {},
  ) {
    super(message);
    this.name = "StepError";
    this.code = code;
    this.extra = extra;
  }
}

export interface NewArtifact {
  /** The name a person sees, with its extension. */
  name: string;
  /** A word for what it is: `report`, `data`, `text` … */
  type: string;
  mimeType?: string;
  /** Either the bytes or text, or a file inside the step's reach that is copied. */
  content?: string | Uint8Array;
  path?: string;
  metadata?: Record<string, unknown>;
}

export interface ArtifactRef {
  artifact_id: string;
  name: string;
  size_bytes: number;
  mime_type: string;
  sha256: string;
}

/** Paths that a step may use: its run's workdir, and folders that the person approved. */
export interface FileAccess {
  /**
   * The absolute path to use. Relative paths are inside the run's workdir; absolute ones only inside approved folders,
   * judged by real path. Throws StepError `file_access_denied`, naming the path and the setting.
   */
  resolve(path: string, purpose: "read" | "write"): Promise<string>;
  /** The run's own folder, made on first use. */
  workdir(): Promise<string>;
}

export interface StepContext<Config> {
  /** Templates are resolved, except in the type's `raw` fields, and the schema holds. */
  config: Config;
  run: { id: string; workflowId: number | null; workflowName: string };
  step: { id: string; stepRunId: string; attempt: number; visit: number };
  /** `run_id:step_id:visit`: send it along with side effects so that the other side can tell a repeat. */
  idempotencyKey: string;
  /** What the step's author gave as `timeout_seconds`, in milliseconds; absent if the step has only the default. */
  timeoutMs?: number;
  /** Aborts on cancel, timeout and shutdown. A step that ignores it is left behind and its result dropped. */
  signal: AbortSignal;
  /** The outputs of the step before this one, if any. */
  last: Outputs | null;
  clock: Clock;
  /** Resolve templates in a value from a `raw` field, with names added to the scope. */
  render(value: unknown, names?: Record<string, unknown>): Promise<unknown>;
  /** Run another step type in place, within this step's own attempt. Its config is rendered with `names` in scope. */
  runInner(
    step: { type: string; config: Record<string, unknown> },
    names: Record<string, unknown>,
  ): Promise<StepResult>;
  files: FileAccess;
  artifacts: { add(artifact: NewArtifact): Promise<ArtifactRef> };
  state: {
    get(key: string): Promise<unknown>;
    set(key: string, value: unknown): Promise<void>;
    /** Read and write in one: nobody else's value gets lost. What `to` throws is passed on, and nothing is changed. */
    change(key: string, to: (stored: unknown) => unknown): Promise<{ stored: unknown; value: unknown }>;
  };
  /** CPU-bound work in the pool, ended with the signal. */
  compute<T extends keyof ComputeTasks>(
    task: T,
    input: Parameters<ComputeTasks[T]>[0],
  ): Promise<Awaited<ReturnType<ComputeTasks[T]>>>;
  http: HttpSender;
  /** The value of a named secret; null when there is none, or when this host cannot open it. */
  secret?(name: string): Promise<string | null>;
  /** Where a model server is, when a step does not say so itself: an address that ends in `/v1`. */
  llm?: { baseUrl: string | null };
  progress(progress: { done?: number; total?: number; message?: string }): void;
  log(level: "debug" | "info" | "warning" | "error", message: string): void;
  /** The last bytes of a command's output, for whoever watches. */
  logTail(tail: { stdout_tail?: string; stderr_tail?: string }): void;
  /** A child process was started; recorded, so that a later host can end it if this one dies. */
  childStarted?(child: { pid: number; processGroup: boolean }): void;
  /** Under TEST_MODE: steps that would send something only say so. */
  testMode?: boolean;
}

export interface NestedStep {
  /** Where it stands in the outer config, e.g. `step`. */
  path: string;
  type: string;
  config: Record<string, unknown>;
}

export interface StepType<Schema extends z.ZodType = z.ZodType> {
  type: string;
  /** The name shown in lists. */
  title: string;
  group: "core" | "local" | "data" | "network";
  /** A sentence or two: what it does and what it gives. */
  description: string;
  schema: Schema;
  /** A config that works as it stands. */
  example: z.input<Schema>;
  capability: Capability;
  /** Config fields whose templates the step resolves itself, with names that are not known before. */
  raw?: readonly (keyof z.input<Schema> & string)[];
  /** Those of the `raw` fields that are no templates at all but another language, whose braces mean something else. */
  verbatim?: readonly (keyof z.input<Schema> & string)[];
  /** May stand inside map and its like: it neither waits nor jumps. */
  inner: boolean;
  /**
   * Commands that this config would run; a definition from elsewhere needs consent to them.
   * The config is as written, templates and mistakes included: consent must not depend on a valid schema.
   */
  commands?(config: Readonly<Record<string, unknown>>): string[];
  /** Steps inside this config, as written. What holds for a step (type, schema, consent) holds for them. */
  nested?(config: Readonly<Record<string, unknown>>): NestedStep[];
  execute(context: StepContext<z.output<Schema>>): StepResult | Promise<StepResult>;
}

/** Ties a type's schema to its execute, so that the config is typed inside. */
export const defineStep = <Schema extends z.ZodType>(type: StepType<Schema>): StepType<Schema> => type;

const base = { compensation_supported: false };

/** Capability rows (reference engine study §3.2). */
export const CAPABILITY = {
  /** Computes from its inputs; running it again is harmless. */
  pure: {
    ...base,
    replay_safe: true,
    idempotency_strategy: "run_scoped",
    requires_human_review_for_rerun: false,
    evidence_level: "standard",
  },
  quiet: {
    ...base,
    replay_safe: true,
    idempotency_strategy: "run_scoped",
    requires_human_review_for_rerun: false,
    evidence_level: "minimal",
  },
  /** Changes something on this machine. */
  local: {
    ...base,
    replay_safe: false,
    idempotency_strategy: "none",
    requires_human_review_for_rerun: false,
    evidence_level: "standard",
  },
  /** Talks to something outside; whether it arrived may be unknown. */
  external: {
    ...base,
    replay_safe: false,
    idempotency_strategy: "external",
    requires_human_review_for_rerun: true,
    evidence_level: "detailed",
  },
} as const satisfies Record<string, Capability>;
