/** Starts the built headless host as a process of its own, for stories told through its public door. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { HostReady } from "../../electron/host/server-file.ts";

export const HEADLESS = join(import.meta.dirname, "../../dist/electron/headless.js");

export interface HeadlessOptions {
  dataDir: string;
  /** On top of a clean environment: variables of the app that are set on this machine do not reach the test. */
  env?: Record<string, string>;
  args?: string[];
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Headless {
  readonly ready: HostReady;
  /** `fetch` on the host's address with its token. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<Exit>;
}

/** Start and wait for the ready line; rejects with what was on stderr if the host ends before. It is killed with the test. */
export async function spawnHeadless({ dataDir, env, args = [] }: HeadlessOptions): Promise<Headless> {
  const { child, exited } = launch(["--data-dir", dataDir, "--ready-json", ...args], env);
  const line = await new Promise<string>((resolve, reject) => {
    let seen = "";
    child.stdout.on("data", (text: string) => {
      seen += text;
      if (seen.includes("\n")) resolve(seen);
    });
    void exited.then(({ code, stderr }) =>
      reject(new Error(`the host ended with ${code} before it was ready:\n${stderr}`)),
    );
  });
  const ready: HostReady = JSON.parse(line);
  return {
    ready,
    exited,
    kill: (signal) => child.kill(signal),
    fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${ready.token}`);
      return fetch(ready.url + path, { ...init, headers });
    },
  };
}

/** Run the host with these arguments as they are, until it ends by itself. */
export function runHeadless(args: string[], env?: Record<string, string>): Promise<Exit> {
  return launch(args, env).exited;
}

function launch(args: string[], env: Record<string, string> = {}) {
  const clean = Object.entries(process.env).filter(([name]) => !/WORKFLOWS|^TEST_MODE$|EGRESS|^NODE_/.test(name));
  const child = spawn(process.execPath, [HEADLESS, ...args], {
    env: { ...Object.fromEntries(clean), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const exited = new Promise<Exit>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return { child, exited };
}
