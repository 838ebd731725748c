/** `npm start` where there is no display: it says why in one sentence, and runs the same app in the terminal. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { tempFolder } from "../../support/temp-folder.ts";

const START = join(import.meta.dirname, "../../../build/start.mjs");

/** The start script without a display; `said` resolves once its output matches. */
function start(dataDir: string) {
  const { DISPLAY: _x11, WAYLAND_DISPLAY: _wayland, ...env } = process.env;
  const child = spawn(process.execPath, [START, "--data-dir", dataDir], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let heard = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
      heard();
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  async function said(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(output);
      if (match) return match[1] ?? match[0];
      await new Promise<void>((resolve) => (heard = resolve));
    }
  }
  return { child, exited, said };
}

test.runIf(process.platform === "linux")(
  "it says why, gives the address and folder, and drains on SIGTERM",
  async () => {
    const dataDir = await tempFolder();
    const { child, exited, said } = start(dataDir);

    expect(await said(/^No desktop window: .*$/m)).toBe(
      "No desktop window: there is no display. The same app runs in this terminal instead.",
    );
    const address = await said(/^Workflows is ready: (\S+)$/m);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{32,}$/);
    await said(new RegExp(`^Data folder: ${dataDir}$`, "m"));
    await said(/^Log file: .*workflows\.log$/m);
    await said(/^Ctrl\+C stops it/m);
    expect((await fetch(new URL("/healthz", address))).status).toBe(200);

    child.kill("SIGTERM");
    expect(await exited).toBe(0);
  },
);

test.runIf(process.platform === "linux")("a folder in use is said to be, with the address that answers", async () => {
  const dataDir = await tempFolder();
  const first = start(dataDir);
  const address = await first.said(/^Workflows is ready: (\S+)$/m);

  const second = start(dataDir);

  await second.said(/in use by the headless host with process id \d+/);
  expect(await second.said(/^It answers at (\S+)$/m)).toBe(address);
  expect(await second.exited).toBe(3);
});
