/** What happens when the engine thread ends unasked. The threads are real; only what runs in them is a stand-in. */
import { expect, onTestFinished, test } from "vitest";
import { launchEngine } from "../../electron/host/engine-handle.ts";
import type { EngineThreadData } from "../../electron/host/engine-messages.ts";
import { type EngineFailure, superviseEngine } from "../../electron/host/engine-supervisor.ts";
import { watchPulse } from "../../electron/host/pulse.ts";
import type { Clock } from "../../electron/lib/clock.ts";
import { systemClock } from "../../electron/lib/clock.ts";

const READY = `parentPort.postMessage({ type: "ready", ready: { url: "http://127.0.0.1:" + workerData.port, port: workerData.port || 4000, schemaVersion: 3 } });`;
/** Answers status, and stops when asked. */
const ANSWERS = `parentPort.on("message", (m) => m.type === "stop" ? process.exit(0)
  : parentPort.postMessage({ type: "status", id: m.id, status: { activeRuns: 7, queueDepth: 1 } }));`;
const DIES = `setImmediate(() => { throw new Error("out of paper"); });`;

const thread = (code: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort, workerData } from "node:worker_threads"; ${code}`)}`,
  );

/** Time stands still; pauses are over at once, so that restarts need no waiting. */
const instantClock: Clock = { now: () => 0, monotonic: () => 0, after: (_ms, fn) => systemClock.after(0, fn) };

/** Time runs twenty times as fast: half a minute of silence is over in a second and a half. */
const quickClock: Clock = {
  now: () => systemClock.now() * 20,
  monotonic: () => systemClock.monotonic() * 20,
  after: (ms, fn) => systemClock.after(ms / 20, fn),
};
const SPINS = "for (;;);";
/** Supervise threads whose code is chosen by how many were launched before. */
async function supervise(codeOf: (launch: number) => string, clock = instantClock, engineClock = systemClock) {
  const ports: number[] = [];
  const failures: EngineFailure[] = [];
  let heard = (): void => undefined;
  const supervisor = await superviseEngine({
    port: 0,
    clock,
    launch(port) {
      const data = { port } as unknown as EngineThreadData;
      const entry = thread(codeOf(ports.push(port) - 1));
      return launchEngine({ entry, data, env: {}, clock: engineClock });
    },
  });
  // How it ends is for the test to say; this only leaves no thread behind.
  onTestFinished(() => supervisor.stop().catch(() => undefined));
  supervisor.onFailure((failure) => {
    failures.push(failure);
    heard();
  });
  async function failed(times: number): Promise<void> {
    while (failures.length < times) await new Promise<void>((resolve) => (heard = resolve));
  }
  return { supervisor, ports, failures, failed };
}

test("a thread that dies is started again on the same port, and answers again", async () => {
  const { supervisor, ports, failures, failed } = await supervise((launch) =>
    launch === 0 ? READY + DIES : READY + ANSWERS,
  );

  await failed(1);
  await expect.poll(() => supervisor.status()).toEqual({ activeRuns: 7, queueDepth: 1 });

  expect(failures).toEqual([
    { message: "The engine stopped unexpectedly and is started again: out of paper.", restarting: true },
  ]);
  expect(ports).toEqual([0, 4000]);
});

test("after three restarts in a minute it is given up, with the reason", async () => {
  const { ports, failures, failed } = await supervise(() => READY + DIES);

  await failed(4);

  expect(ports).toHaveLength(4);
  expect(failures.map((failure) => failure.restarting)).toEqual([true, true, true, false]);
  expect(failures.at(-1)?.message).toContain("stopped 4 times within a minute and is not started again: out of paper");
});

test("a restart that cannot start counts, and its own reason is told", async () => {
  const cannot = `parentPort.postMessage({ type: "failed", error: { code: "port_in_use", message: "Port 4000 is taken" } }); parentPort.close();`;
  const { failures, failed } = await supervise((launch) => (launch === 0 ? READY + DIES : cannot));
  await failed(2);
  expect(failures[1]?.message).toContain("Port 4000 is taken");
});

test("a first start that fails is the caller's error, with code and hint", async () => {
  const refused = `parentPort.postMessage({ type: "failed", error: { code: "schema_newer", message: "Too new.", hint: "Update." } }); parentPort.close();`;
  await expect(supervise(() => refused)).rejects.toMatchObject({
    code: "schema_newer",
    message: "Too new.",
    hint: "Update.",
  });
});

test("a first start that dies without a word is an error as well", async () => {
  await expect(supervise(() => DIES)).rejects.toMatchObject({
    code: "engine_failed",
    message: expect.stringContaining("out of paper"),
  });
});

test("a stop that was asked for is no failure, and nothing is started after it", async () => {
  const { supervisor, ports, failures } = await supervise(() => READY + ANSWERS);
  await supervisor.stop();
  await supervisor.stop();
  expect(await supervisor.status()).toEqual({ activeRuns: 0, queueDepth: 0 });
  expect({ launches: ports.length, failures }).toEqual({ launches: 1, failures: [] });
});

test("what did not close as it should is reported by the stop", async () => {
  const code = `${READY} parentPort.on("message", () => { parentPort.postMessage({ type: "stop_failed", error: { code: "engine_failed", message: "The disk is full." } }); process.exit(0); });`;
  const { supervisor } = await supervise(() => code);
  await expect(supervisor.stop()).rejects.toMatchObject({ code: "engine_failed", message: "The disk is full." });
});

test("a thread that hangs is cut off and started again, and answers again", async () => {
  const spins = `${READY} setImmediate(() => { ${SPINS} });`;
  const codeOf = (launch: number): string => (launch === 0 ? spins : READY + ANSWERS);
  const { supervisor, failures, failed } = await supervise(codeOf, quickClock, quickClock);

  await failed(1);

  expect(failures).toEqual([
    { message: "The engine stopped unexpectedly and is started again: it did not answer for 30 s.", restarting: true },
  ]);
  await expect.poll(() => supervisor.status()).toEqual({ activeRuns: 7, queueDepth: 1 });
});

test("a status that nobody answers has a time limit, and a stop cuts the thread off", async () => {
  const spins = `${READY} setImmediate(() => { ${SPINS} });`;
  const { supervisor } = await supervise(() => spins, systemClock, quickClock);
  await expect(supervisor.status()).rejects.toMatchObject({ code: "engine_failed" });
  await expect(supervisor.stop()).rejects.toThrow(/did not stop within 20 s and was cut off/);
  expect(supervisor.isStuck()).toBe(false);
});

test("silence that is a sleep of the machine is no silence", async () => {
  let hours = 0;
  let asked = 0;
  const sleepy: Clock = { ...instantClock, monotonic: () => hours * 3_600_000 };
  const many = Promise.withResolvers<void>();
  const end = watchPulse({
    clock: sleepy,
    async ask() {
      hours++;
      if (++asked === 20) many.resolve();
      throw new Error("no answer");
    },
    heard: () => 0,
    onSilence: () => many.reject(new Error("it was taken for a hang")),
  });
  await many.promise;
  end();
});

test("a slow thread that answers late is alive", async () => {
  let asked = 0;
  const many = Promise.withResolvers<void>();
  const end = watchPulse({
    clock: instantClock,
    async ask() {
      if (++asked === 20) many.resolve();
      throw new Error("no answer yet");
    },
    heard: () => asked,
    onSilence: () => many.reject(new Error("it was taken for a hang")),
  });
  await many.promise;
  end();
});
