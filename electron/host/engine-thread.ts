/**
 * Entry of the engine thread: starts the engine with the data it was given, reports, and does what the host asks.
 * The engine itself is `startEngine`, a plain function; nothing of it belongs here.
 */
import { enableCompileCache } from "node:module";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { AppError } from "../lib/app-error.ts";
import type { EngineThreadData, FromEngine, PostedError, ToEngine } from "./engine-messages.ts";
import type { RunningEngine } from "./start-engine.ts";

const host = hostPort();
const { config, cacheDir } = workerData as EngineThreadData;

// The cache is per thread, and only helps what is imported after it is on.
enableCompileCache(cacheDir);

try {
  const { startEngine } = await import("./start-engine.ts");
  const engine = await startEngine(config);
  host.on("message", (message: ToEngine) => answer(engine, message));
  const { url, port, schemaVersion } = engine;
  post({ type: "ready", ready: { url, port, schemaVersion } });
} catch (error) {
  post({ type: "failed", error: posted(error) });
  host.close();
}

function answer(engine: RunningEngine, message: ToEngine): void {
  if (message.type === "status") post({ type: "status", id: message.id, status: engine.status() });
  else void stop(engine);
}

async function stop(engine: RunningEngine): Promise<void> {
  try {
    await engine.stop();
  } catch (error) {
    post({ type: "stop_failed", error: posted(error) });
  }
  // Ends the thread only. What is left, such as an idle pool, must not hold it.
  process.exit(0);
}

function post(message: FromEngine): void {
  host.postMessage(message);
}

function hostPort(): MessagePort {
  if (!parentPort) throw new Error("This file is the entry of a thread; start headless.js or the desktop app instead.");
  return parentPort;
}

function posted(error: unknown): PostedError {
  if (error instanceof AppError) return { code: error.code, message: error.message, hint: error.hint };
  const { code, stack } = error as { code?: unknown; stack?: string };
  if (code === "EADDRINUSE") {
    return {
      code: "port_in_use",
      message: `Port ${config.port} is taken by another program.`,
      hint: "Choose another with --port, or leave it out to get a free one.",
    };
  }
  return { code: "engine_failed", message: `The engine could not do its work: ${stack ?? String(error)}` };
}
