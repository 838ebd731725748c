/**
 * Runs one program and everything it starts, and leaves none of it behind.
 *
 * On POSIX the program leads a process group of its own. A small watcher sits in that group and reads a pipe that only
 * this host holds: when the host ends, however it ends, the pipe closes and the watcher ends the group. The watcher also
 * keeps the group's number from being used again, so a signal to the group never reaches a stranger. On Windows the tree
 * is ended by `taskkill`; there is no watcher there.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { type Clock, pause } from "../lib/clock.ts";
import { type CappedOutput, cappedOutput } from "./capped-output.ts";

export interface ChildRequest {
  /** A line for the system's shell, or a program with its arguments. */
  run: { command: string } | { argv: readonly string[] };
  cwd: string;
  env: Record<string, string>;
  stdin: string | null;
  /** Ends the tree: asked to stop first, forced after GRACE_MS. */
  signal: AbortSignal;
  clock: Clock;
  started?: (pid: number) => void;
  output: (tail: { stdout: string; stderr: string }) => void;
}

export type ChildOutcome =
  | {
      kind: "ended";
      exitCode: number;
      signal: string | null;
      stdout: string;
      stderr: string;
      truncated: boolean;
      durationMs: number;
    }
  /** The program or the working folder is not there, or may not be run. */
  | { kind: "not_started"; reason: string };

/** Between asking a tree to stop and forcing it, in milliseconds. */
export const GRACE_MS = 2000;
/** How long output may still arrive once the program has ended, in milliseconds: what left the group may hold the pipe. */
const DRAIN_MS = 500;
const TAIL_EVERY_MS = 250;
const TAIL_BYTES = 2048;

const windows = process.platform === "win32";

/** The watcher is a grandchild, so that a program that waits for all its children does not wait for it. */
const LAUNCHER =
  "( ( exec >/dev/null 2>&1 </dev/null; trap '' TERM INT HUP; read -r _ <&3; kill -TERM 0; sleep 2; kill -KILL 0 ) & ); " +
  'exec 3<&-; exec "$@"';

export function runChild(request: ChildRequest): Promise<ChildOutcome> {
  const startedAt = request.clock.monotonic();
  const child = startTree(request);
  const stdout = cappedOutput();
  const stderr = cappedOutput();
  const stopTails = watchOutput(child, { stdout, stderr }, request);
  child.stdin?.on("error", () => {
    // The program ended without reading its input, which is its right.
  });
  child.stdin?.end(request.stdin ?? "");
  return new Promise((resolve) => {
    const stopTree = () => void endTree(child, request.clock);
    request.signal.addEventListener("abort", stopTree, { once: true });
    if (request.signal.aborted) stopTree();
    child.once("spawn", () => child.pid !== undefined && request.started?.(child.pid));
    child.once("error", (error) => {
      request.signal.removeEventListener("abort", stopTree);
      stopTails();
      resolve({ kind: "not_started", reason: error.message });
    });
    child.once("exit", async (code, signal) => {
      request.signal.removeEventListener("abort", stopTree);
      signalTree(child, "SIGKILL");
      await drained(child, request.clock);
      stopTails();
      resolve({
        kind: "ended",
        exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0),
        signal,
        stdout: stdout.text(),
        stderr: stderr.text(),
        truncated: stdout.truncated() || stderr.truncated(),
        durationMs: Math.round(request.clock.monotonic() - startedAt),
      });
    });
  });
}

/** Starts a program at the head of a tree of its own. Whoever starts one ends it with `endTree`. */
export function startTree({ run, cwd, env }: Pick<ChildRequest, "run" | "cwd" | "env">): ChildProcess {
  if (windows) {
    const options = { cwd, env, windowsHide: true, stdio: "pipe" } as const;
    return "command" in run
      ? spawn(run.command, { ...options, shell: true })
      : spawn(run.argv[0] ?? "", run.argv.slice(1), options);
  }
  const argv = "command" in run ? ["/bin/sh", "-c", run.command] : run.argv;
  return spawn("/bin/sh", ["-c", LAUNCHER, "sh", ...argv], {
    cwd,
    env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
}

/** Asks the tree to stop, and forces what is left of it after GRACE_MS. */
export async function endTree(child: ChildProcess, clock: Clock): Promise<void> {
  signalTree(child, "SIGTERM");
  const gone = new AbortController();
  child.once("exit", () => gone.abort());
  await pause(clock, GRACE_MS, gone.signal);
  if (child.exitCode === null && child.signalCode === null) signalTree(child, "SIGKILL");
}

/** Signals the whole tree; also what is left of it once its program has ended. */
export function signalTree(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  if (windows) {
    if (child.exitCode === null)
      spawn("taskkill", ["/pid", String(child.pid), "/t", "/f"], { windowsHide: true, stdio: "ignore" });
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: the whole group has ended already.
  }
}

function drained(child: ChildProcess, clock: Clock): Promise<void> {
  const closed = new AbortController();
  child.once("close", () => closed.abort());
  return pause(clock, DRAIN_MS, closed.signal).then(() => {
    for (const stream of child.stdio) stream?.destroy();
  });
}

function watchOutput(
  child: ChildProcess,
  kept: { stdout: CappedOutput; stderr: CappedOutput },
  { clock, output }: ChildRequest,
): () => void {
  let cancel: (() => void) | null = null;
  const tell = () => {
    cancel = null;
    output({ stdout: kept.stdout.tail(TAIL_BYTES), stderr: kept.stderr.tail(TAIL_BYTES) });
  };
  const keep = (stream: Readable | null, into: CappedOutput) =>
    stream?.on("data", (chunk: Buffer) => {
      into.add(chunk);
      cancel ??= clock.after(TAIL_EVERY_MS, tell);
    });
  keep(child.stdout, kept.stdout);
  keep(child.stderr, kept.stderr);
  return () => {
    if (!cancel) return;
    cancel();
    tell();
  };
}
