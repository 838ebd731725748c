/** What the host and its engine thread say to each other. Plain data only; no behaviour. */
import type { ErrorCode } from "../../shared/error-codes.ts";
import type { EngineConfig } from "./start-engine.ts";

export interface EngineThreadData {
  config: EngineConfig;
  /** Folder for compiled code; the thread turns the cache on for itself. */
  cacheDir: string;
}

export interface EngineReady {
  url: string;
  port: number;
  schemaVersion: number;
}

export interface EngineStatus {
  activeRuns: number;
  queueDepth: number;
}

/** An error in a form that survives the way between threads. */
export interface PostedError {
  code: ErrorCode;
  message: string;
  hint?: string;
}

export type ToEngine = { type: "status"; id: number } | { type: "stop" };

export type FromEngine =
  | { type: "ready"; ready: EngineReady }
  /** It did not start; the thread ends by itself. */
  | { type: "failed"; error: PostedError }
  | { type: "status"; id: number; status: EngineStatus }
  /** It was asked to stop and ends now, but not everything closed as it should. */
  | { type: "stop_failed"; error: PostedError };
