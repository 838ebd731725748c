/**
 * Runs one attempt of one step: gives it its context, watches its time, and turns whatever comes out (a result, a thrown
 * error, a timeout, a cancel) into a result. Records nothing; the worker does.
 */
import type { Failure } from "../../shared/error.ts";
import type { NewEvent } from "../../shared/event.ts";
import { messageOf } from "../lib/app-error.ts";
import { type Clock, pause } from "../lib/clock.ts";
import type { HttpSender } from "../net/http-sender.ts";
import {
  failed,
  type Outputs,
  type StepContext,
  StepError,
  type StepResult,
  type StepType,
} from "../steps/step-type.ts";
import type { ComputePool } from "./compute-pool.ts";
import type { RunSecrets } from "./secrets/run-secrets.ts";
import type { StepServices } from "./step-services.ts";
import type { Scope } from "./templating/evaluate.ts";
import { isCheap, type RenderElsewhere, renderNow, renderValue } from "./templating/render.ts";

export interface StepRunnerDeps {
  steps: ReadonlyMap<string, StepType>;
  clock: Clock;
  pool: ComputePool;
  http: HttpSender;
  services: StepServices;
  testMode: boolean;
  llmBaseUrl: string | null;
}

export interface AttemptRequest {
  run: { id: string; workflowId: number | null; workflowName: string };
  step: { id: string; stepRunId: string; attempt: number; visit: number };
  type: StepType;
  config: Record<string, unknown>;
  scope: () => Scope;
  last: Outputs | null;
  timeoutMs: number;
  /** The same where the step's author asked for it, absent where it is only the default. */
  givenTimeoutMs?: number;
  /** Aborts with the reason `cancelled` or `shutdown`. */
  signal: AbortSignal;
  emit(event: NewEvent): void;
  secrets: RunSecrets;
  /** Resolves when the step's row is on disk, for what refers to it. */
  recorded(): Promise<unknown>;
}

/** How long a cancelled step may take to end by itself before it is left behind. */
const CANCEL_GRACE_MS = 5000;

/** Config with its templates resolved, `raw` fields as they are. Throws StepError `template_error`. */
export async function prepareConfig(
  type: StepType,
  config: Record<string, unknown>,
  scope: Scope,
  elsewhere: RenderElsewhere,
): Promise<Record<string, unknown>> {
  const raw = new Set<string>(type.raw ?? []);
  const ready = Object.fromEntries(Object.entries(config).filter(([key]) => raw.has(key)));
  const rendered = Object.fromEntries(Object.entries(config).filter(([key]) => !raw.has(key)));
  const resolved = isCheap(rendered) ? renderNow(rendered, scope) : await renderValue(rendered, scope, elsewhere);
  return { ...(resolved as Record<string, unknown>), ...ready };
}

/** The config as its type wants it, or the failure that says what is wrong with it. */
export function parseConfig(
  type: StepType,
  config: Record<string, unknown>,
): { config: unknown } | { failure: Failure } {
  const result = type.schema.safeParse(config);
  if (result.success) return { config: result.data };
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "config"}: ${issue.message}`);
  return {
    failure: {
      code: "validation_error",
      message: `The config does not fit ${type.type} once its templates are resolved: ${problems.join("; ")}.`,
      hint: "Look at the resolved config of this step, and at what the steps before it gave.",
      retryable: false,
    },
  };
}

export type StepRunner = ReturnType<typeof createStepRunner>;

export function createStepRunner(deps: StepRunnerDeps) {
  /** Never rejects: a failing step is a result. */
  async function attempt(request: AttemptRequest): Promise<StepResult> {
    const parsed = parseConfig(request.type, request.config);
    if ("failure" in parsed) return { status: "failed", failure: parsed.failure };
    const ending = new AbortController();
    let over = false;
    const heard: AttemptRequest = {
      ...request,
      // What a step that was left behind still has to say belongs to no attempt any more.
      emit: (event) => {
        if (!over) request.emit(event);
      },
    };
    const work = run(heard, parsed.config, ending.signal);
    const result = work instanceof Promise ? await watch(request, work, ending) : work;
    over = true;
    return result.status === "cancelled" && !ending.signal.aborted ? unasked : result;
  }

  /**
   * Until the step ends, or its time is over, or it is cancelled. In the last two cases it is told to stop and gets a
   * moment to do so, so that another attempt does not begin beside it.
   */
  async function watch(
    { timeoutMs, type, signal }: AttemptRequest,
    work: Promise<StepResult>,
    ending: AbortController,
  ): Promise<StepResult> {
    const stop = deferredStop(deps.clock, timeoutMs, signal);
    const first = await Promise.race([work, stop.reason]);
    stop.forget();
    if (typeof first === "object") return first;
    ending.abort(first);
    const grace = new AbortController();
    const late = await Promise.race([work, pause(deps.clock, CANCEL_GRACE_MS, grace.signal)]);
    grace.abort();
    if (first !== "timeout") return late ?? { status: "cancelled" };
    return failed("timeout", `${type.title} took longer than its ${timeoutMs / 1000} seconds.`, {
      hint: "Raise timeout_seconds of the step, or give it less to do.",
    });
  }

  /** Starts the step at once; many end in the same turn and need neither timer nor race. */
  function run(request: AttemptRequest, config: unknown, signal: AbortSignal): StepResult | Promise<StepResult> {
    try {
      const result = request.type.execute(contextFor(request, config, signal));
      return result instanceof Promise ? result.catch(asFailure) : result;
    } catch (error) {
      return asFailure(error);
    }
  }

  function contextFor(request: AttemptRequest, config: unknown, signal: AbortSignal): StepContext<unknown> {
    const { run, step, emit } = request;
    const at = () => deps.clock.now();
    const tell = <T extends NewEvent["type"]>(type: T, payload: Extract<NewEvent, { type: T }>["payload"]) =>
      emit({ type, payload, stepRunId: step.stepRunId, at: at() } as NewEvent);
    const render = (value: unknown, names: Record<string, unknown> = {}) =>
      renderValue(value, { ...request.scope(), ...names }, (text, scope) => deps.pool.render(text, scope, signal));
    return {
      config,
      run,
      step,
      idempotencyKey: `${run.id}:${step.id}:${step.visit}`,
      timeoutMs: request.givenTimeoutMs,
      signal,
      last: request.last,
      clock: deps.clock,
      render,
      runInner: (inner, names) => runInner(request, inner, names, signal),
      files: deps.services.filesFor(request),
      artifacts: deps.services.artifactsFor(request, signal),
      state: deps.services.stateFor(request),
      compute: (task, input) => deps.pool.run(task, input, signal),
      http: {
        send: (message) => deps.http.send({ ...message, signal: anyOf(signal, message.signal) }),
        vet: (target) => deps.http.vet({ ...target, signal: anyOf(signal, target.signal) }),
      },
      progress: (progress) => tell("step_progress", { step_id: step.id, ...progress }),
      log: (level, message) => tell("log", { step_id: step.id, level, message }),
      childStarted: (child) => deps.services.childStarted(request, child),
      testMode: deps.testMode,
      llm: { baseUrl: deps.llmBaseUrl },
      secret: async (name) => request.secrets.values[name] ?? null,
      logTail: (tail) => tell("step_log_tail", { step_id: step.id, ...tail }),
    };
  }

  /** A step inside another one's attempt: same run, same signal, its own config and names. */
  async function runInner(
    outer: AttemptRequest,
    inner: { type: string; config: Record<string, unknown> },
    names: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<StepResult> {
    const type = deps.steps.get(inner.type);
    if (!type) return failed("unknown_step_type", `There is no step type "${inner.type}".`);
    const scope = () => ({ ...outer.scope(), ...names });
    try {
      const elsewhere: RenderElsewhere = (text, names) => deps.pool.render(text, names, signal);
      const config = await prepareConfig(type, inner.config, scope(), elsewhere);
      const parsed = parseConfig(type, config);
      if ("failure" in parsed) return { status: "failed", failure: parsed.failure };
      return await type.execute(contextFor({ ...outer, type, config, scope }, parsed.config, signal));
    } catch (error) {
      return asFailure(error);
    }
  }

  return { attempt };
}

/** The attempt's own signal, and that of the step if it has one for this call. */
const anyOf = (attempt: AbortSignal, own: AbortSignal | undefined): AbortSignal =>
  own && own !== attempt ? AbortSignal.any([attempt, own]) : attempt;

type StopReason = "timeout" | "cancelled" | "shutdown";

/** Why a step must stop, once it must: its time is over, or the signal says so. */
function deferredStop(clock: Clock, timeoutMs: number, signal: AbortSignal) {
  let forget = (): void => undefined;
  const reason = new Promise<StopReason>((resolve) => {
    const aborted = () => resolve(signal.reason === "shutdown" ? "shutdown" : "cancelled");
    const cancelTimer = clock.after(timeoutMs, () => resolve("timeout"));
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted, { once: true });
    forget = () => {
      cancelTimer();
      signal.removeEventListener("abort", aborted);
    };
  });
  return { reason, forget };
}

/** Nobody asked the step to stop, so its run must not look as if a person had cancelled it. */
const unasked = failed("step_crashed", "The step broke off by itself.", {
  hint: "Try again; if it stays so, the log has the details.",
});

/** Whatever a step threw, as a result. Errors of the net and of the pool carry their own codes. */
export function asFailure(error: unknown): StepResult {
  if (error instanceof StepError) return failed(error.code, error.message, error.extra);
  const named = error as { name?: unknown; code?: unknown; hint?: unknown; retryable?: unknown };
  if (named.name === "AbortError") return { status: "cancelled" };
  if ((named.name === "StepError" || named.name === "HttpError") && typeof named.code === "string") {
    const extra = (error as { extra?: { hint?: string; retryable?: boolean } }).extra ?? {};
    return failed(named.code, messageOf(error), extra);
  }
  return failed("step_crashed", `The step ended with an error that it did not foresee: ${messageOf(error)}`, {
    hint: "This is a fault of the app, not of your workflow. The log has the details.",
  });
}
