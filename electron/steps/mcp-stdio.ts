/**
 * A tool server as a child process: messages are lines on its standard input and output, its errors are for people.
 * It leads a tree of its own, which is ended as a whole with the conversation, or with this host.
 */
import type { ChildProcess } from "node:child_process";
import type { ReadBuffer as Incoming } from "@modelcontextprotocol/sdk/shared/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { type Clock, pause } from "../lib/clock.ts";
import { cappedOutput } from "./capped-output.ts";
import { endTree, signalTree, startTree } from "./child-process.ts";

export interface ToolServerProcess {
  argv: readonly string[];
  cwd: string;
  env: Record<string, string>;
  clock: Clock;
  started: (pid: number) => void;
  /** What the server says on its standard error, whenever there is more. */
  stderr: (tail: string) => void;
}

export interface StdioTransport extends Transport {
  /** The last line that the server wrote to its standard error; empty if none. */
  lastWords(): string;
}

/** Between closing its input, which asks a server to end by itself, and ending it, in milliseconds. */
const FAREWELL_MS = 1000;
const TAIL_BYTES = 2048;
const TAIL_EVERY_MS = 250;

/** `urgent` aborts when there is no time for a farewell: the step was cancelled or is late. */
export function stdioTransport(server: ToolServerProcess, urgent: AbortSignal): StdioTransport {
  const { clock } = server;
  const errors = cappedOutput(64 * 1024);
  const exited = new AbortController();
  let child: ChildProcess | null = null;
  let cancelTail: (() => void) | null = null;

  const transport: StdioTransport = {
    async start() {
      const { ReadBuffer } = await import("@modelcontextprotocol/sdk/shared/stdio.js");
      const incoming = new ReadBuffer();
      const started = startTree({ run: { argv: server.argv }, cwd: server.cwd, env: server.env });
      child = started;
      started.once("exit", () => {
        exited.abort();
        // Ends what the server had started, and our watcher: while one of them holds a pipe, there is no "close".
        signalTree(started, "SIGKILL");
      });
      started.once("close", () => transport.onclose?.());
      // It may end without reading all that it is told; that shows as the end of the conversation.
      started.stdin?.on("error", () => {});
      started.stdout?.on("data", (chunk: Buffer) => receive(started, chunk));
      started.stderr?.on("data", (chunk: Buffer) => {
        errors.add(chunk);
        cancelTail ??= clock.after(TAIL_EVERY_MS, showTail);
      });
      await new Promise<void>((resolve, reject) => {
        started.once("spawn", resolve);
        started.once("error", reject);
      });
      if (started.pid !== undefined) server.started(started.pid);

      function receive(from: ChildProcess, chunk: Buffer): void {
        try {
          incoming.append(chunk);
        } catch (error) {
          // One message beyond the cap: there is no finding the beginning of the next one.
          transport.onerror?.(asError(error));
          signalTree(from, "SIGKILL");
          return;
        }
        deliver(incoming);
      }
    },

    async send(message) {
      child?.stdin?.write(`${JSON.stringify(message)}\n`);
    },

    async close() {
      cancelTail?.();
      if (!child) return;
      child.stdin?.end();
      await pause(clock, FAREWELL_MS, AbortSignal.any([exited.signal, urgent]));
      if (!exited.signal.aborted) await endTree(child, clock);
      for (const stream of child.stdio) stream?.destroy();
    },

    lastWords: () => errors.text().trim().split("\n").at(-1)?.slice(0, 300) ?? "",
  };

  function deliver(incoming: Incoming): void {
    for (;;) {
      try {
        const message = incoming.readMessage();
        if (message === null) return;
        transport.onmessage?.(message);
      } catch (error) {
        // A line that is no message, such as a greeting: the lines after it may be.
        transport.onerror?.(asError(error));
      }
    }
  }

  function showTail(): void {
    cancelTail = null;
    server.stderr(errors.tail(TAIL_BYTES));
  }

  return transport;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
