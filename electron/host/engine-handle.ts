/** One life of the engine thread: launch it, wait for its word, ask it things, end it. Restarting is the supervisor's. */
import { Worker } from "node:worker_threads";
import { AppError, messageOf } from "../lib/app-error.ts";
import type { Clock } from "../lib/clock.ts";
import type {
  EngineReady,
  EngineStatus,
  EngineThreadData,
  FromEngine,
  PostedError,
  ToEngine,
} from "./engine-messages.ts";

export interface EngineHandle {
  /** Rejects with the start error, as an AppError. */
  readonly ready: Promise<EngineReady>;
  /** Resolves when the thread is gone, with the reason in words if it had not been asked to. Never rejects. */
  readonly ended: Promise<{ reason: string }>;
  /** Zeros once the thread is gone: nothing is active in it then. Rejects with `engine_failed` without a timely answer. */
  status(): Promise<EngineStatus>;
  /** How many messages came from the thread so far. */
  heard(): number;
  /** Drain and end. Rejects with `engine_failed` when it did not close as it should; see `isStuck` for what is left. */
  stop(): Promise<void>;
  /** End the thread without its help, for the reason given. False when it would not go within `CUT_OFF_LIMIT_MS`. */
  cutOff(why: string): Promise<boolean>;
  /** The thread could not be cut off; it goes with the process only, and no orderly exit of the process would end. */
  isStuck(): boolean;
}

export interface LaunchOptions {
  entry: URL;
  data: EngineThreadData;
  env: Record<string, string>;
  clock: Clock;
}

/** Runs get 10 s to reach a safe point; then closing the server and a checkpoint. Past this the thread is cut off. */
export const STOP_LIMIT_MS = 20_000;

/** A thread whose system calls never return is never terminated either. */
export const CUT_OFF_LIMIT_MS = 2_000;

const STATUS_LIMIT_MS = 5_000;

const NOTHING: EngineStatus = { activeRuns: 0, queueDepth: 0 };

export function launchEngine({ entry, data, env, clock }: LaunchOptions): EngineHandle {
  // stdout belongs to the ready line, so whatever a library prints in the thread is sent to stderr.
  const worker = new Worker(entry, { workerData: data, env, stdout: true, name: "engine" });
  worker.stdout.pipe(process.stderr, { end: false });

  const ready = Promise.withResolvers<EngineReady>();
  const ended = Promise.withResolvers<{ reason: string }>();
  const questions = new Map<number, (status: EngineStatus) => void>();
  let reason = "its thread ended";
  let stopError: PostedError | null = null;
  let gone = false;
  let stuck = false;
  let heard = 0;

  worker.on("message", (message: FromEngine) => {
    heard++;
    if (message.type === "ready") ready.resolve(message.ready);
    else if (message.type === "failed") ready.reject(restored(message.error));
    else if (message.type === "stop_failed") stopError = message.error;
    else {
      questions.get(message.id)?.(message.status);
      questions.delete(message.id);
    }
  });
  worker.on("error", (error) => {
    reason = messageOf(error);
  });
  worker.on("exit", () => {
    gone = true;
    for (const answer of questions.values()) answer(NOTHING);
    ready.reject(new AppError("engine_failed", `The engine could not start: ${reason}.`));
    ended.resolve({ reason });
  });
  // Its rejection is for whoever waits for the start; a later end must not count as unhandled.
  ready.promise.catch(() => undefined);

  const say = (message: ToEngine): void => worker.postMessage(message);
  let nextId = 1;

  function status(): Promise<EngineStatus> {
    if (gone) return Promise.resolve(NOTHING);
    const id = nextId++;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(STATUS_LIMIT_MS, () => {
        questions.delete(id);
        reject(new AppError("engine_failed", `The engine did not answer within ${STATUS_LIMIT_MS / 1000} s.`));
      });
      questions.set(id, (status) => {
        cancel();
        resolve(status);
      });
      say({ type: "status", id });
    });
  }

  async function cutOff(why: string): Promise<boolean> {
    reason = why;
    worker.terminate().catch(() => undefined);
    stuck = !(await endsWithin(CUT_OFF_LIMIT_MS));
    return !stuck;
  }

  function endsWithin(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, () => resolve(gone));
      void ended.promise.then(() => {
        cancel();
        resolve(true);
      });
    });
  }

  async function stop(): Promise<void> {
    if (stuck) throw stillThere();
    say({ type: "stop" });
    if (!(await endsWithin(STOP_LIMIT_MS))) {
      if (!(await cutOff("it did not stop when asked to"))) throw stillThere();
      throw new AppError("engine_failed", `${LATE} and was cut off.`);
    }
    if (stopError) throw restored(stopError);
  }

  return {
    ready: ready.promise,
    ended: ended.promise,
    status,
    heard: () => heard,
    stop,
    cutOff,
    isStuck: () => stuck && !gone,
  };
}

const LATE = `The engine did not stop within ${STOP_LIMIT_MS / 1000} s`;

const stillThere = (): AppError =>
  new AppError("engine_failed", "The engine hangs, and its thread could not be cut off.", {
    hint: "The process has to end without it. The next start judges what was running.",
  });

const restored = ({ code, message, hint }: PostedError): AppError => new AppError(code, message, { hint });
