/** An engine thread that the system holds in a call for ever: the process must end all the same. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { tempFolder } from "../support/temp-folder.ts";

const HOST = join(import.meta.dirname, "../../electron/host");

/** Stuck in open() of a pipe that nobody writes to. */
const engine = (fifo: string): string => `
  import { parentPort } from "node:worker_threads";
  import { open } from "node:fs";
  for (let i = 0; i < 4; i++) open(${JSON.stringify(fifo)}, "r", () => {});
  parentPort.postMessage({ type: "ready", ready: { url: "", port: 1, schemaVersion: 1 } });
  parentPort.on("message", () => {});`;

/** A host in small: the same supervisor and the same last resort, with time twenty times as fast. */
const program = (dataDir: string, fifo: string): string => `
  import { launchEngine } from ${JSON.stringify(join(HOST, "engine-handle.ts"))};
  import { superviseEngine } from ${JSON.stringify(join(HOST, "engine-supervisor.ts"))};
  import { killThisProcess } from ${JSON.stringify(join(HOST, "last-resort.ts"))};
  const clock = {
    now: () => Date.now() * 20, monotonic: () => performance.now() * 20,
    after(ms, fn) { const timer = setTimeout(fn, ms / 20); return () => clearTimeout(timer); },
  };
  const entry = new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(engine(fifo))}));
  const launch = () => launchEngine({ entry, data: {}, env: {}, clock });
  const supervisor = await superviseEngine({ launch, port: 0, clock });
  await supervisor.stop().catch((error) => console.error(error.message));
  if (supervisor.isStuck()) killThisProcess(${JSON.stringify(dataDir)}, "This process is killed.");`;

test.runIf(process.platform === "linux")("it says so, takes server.json along and is killed", async () => {
  const dataDir = await tempFolder();
  const fifo = join(dataDir, "pipe");
  execFileSync("mkfifo", [fifo]);
  writeFileSync(join(dataDir, "server.json"), "{}");
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program(dataDir, fifo)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));

  const ended = await new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));

  expect(ended).toEqual({ code: null, signal: "SIGKILL" });
  expect(stderr).toContain("its thread could not be cut off.\nThis process is killed.\n");
  expect(existsSync(join(dataDir, "server.json"))).toBe(false);
});
