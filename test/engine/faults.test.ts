/** Stories of an engine that cannot do its work: a full disk is waited out, and no fault leaves a run hanging. */
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lookAgain } from "../../electron/engine/control/look-again.ts";
import { createDispatcher } from "../../electron/engine/dispatcher.ts";
import { createJournal } from "../../electron/engine/journal.ts";
import { createTimers } from "../../electron/engine/timers.ts";
import { AppError } from "../../electron/lib/app-error.ts";
import { systemClock } from "../../electron/lib/clock.ts";
import { systemIds } from "../../electron/lib/ids.ts";
import { silentLog } from "../../electron/lib/log.ts";
import { STEP_TYPES } from "../../electron/steps/registry.ts";
import type { StepType } from "../../electron/steps/step-type.ts";
import type { Fact, RecordOutcome, RunRecord } from "../../electron/store/facts.ts";
import { openStore } from "../../electron/store/store.ts";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";
import { startApp } from "../support/running-app.ts";

const claimed: Fact = { is: "claimed" };
const saved: RecordOutcome = { recorded: true, ended: false, cancelRequested: false, pauseRequested: false };

/** A store that answers as it is told, and keeps what it was given. */
function scriptedStore(...answers: (RecordOutcome | Error)[]) {
  const records: Fact[][] = [];
  return {
    records,
    async record(record: RunRecord): Promise<RecordOutcome> {
      records.push([...record.facts]);
      const answer = answers.shift() ?? saved;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

const journalOn = (store: ReturnType<typeof scriptedStore>, clock = fakeClock(), onDead = () => {}) =>
  createJournal({
    store,
    clock,
    runId: "r",
    leaseId: "l",
    incarnation: 1,
    progress: () => ({ currentStep: null, stepsDone: 0 }),
    onDead,
  });

const diskFull = () => new AppError("disk_full", "The disk is full.");

test("a full disk is waited out with growing pauses, and every fact is written once there is room", async () => {
  const clock = fakeClock();
  const store = scriptedStore(diskFull(), diskFull(), saved);
  const journal = journalOn(store, clock);
  journal.add(claimed);
  const flushed = journal.flush();
  for (const [tries, pauseMs] of [
    [1, 1000],
    [2, 2000],
  ] as const) {
    await expect.poll(() => store.records.length).toBe(tries);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(pauseMs);
  }
  expect(await flushed).toEqual(saved);
  expect(journal).toSatisfy((one: typeof journal) => one.alive() && one.settled());
  expect(store.records.at(-1)).toEqual([claimed]);
});

test("a host that stops does not wait for room on the disk", async () => {
  const store = scriptedStore(diskFull());
  let dead = false;
  const journal = journalOn(store, fakeClock(), () => {
    dead = true;
  });
  journal.add(claimed);
  journal.hurry();
  expect(await journal.flush()).toEqual({ recorded: false });
  expect([dead, journal.alive()]).toEqual([true, false]);
});

test("a run that is somebody else's now tells its worker to stop", async () => {
  let dead = false;
  const journal = journalOn(scriptedStore({ recorded: false }), fakeClock(), () => {
    dead = true;
  });
  journal.add(claimed);
  await journal.flush();
  expect([dead, journal.brokenBy()]).toEqual([true, undefined]);
});

test("a step that says it was cancelled when nobody asked has failed; its run is not shown as cancelled", async () => {
  const log = STEP_TYPES.get("log") as StepType;
  const confused: StepType = { ...log, execute: () => ({ status: "cancelled" }) };
  const app = await startApp({ world: { steps: new Map([...STEP_TYPES, ["log", confused]]) } });
  const run = await app.run({ name: "confused", steps: [{ id: "s", type: "log" }] });
  expect(run).toMatchObject({ status: "failed", error_code: "step_crashed" });
});

test("a fault of the engine itself ends the run by name, gives its slot back, and leaves it to be retried", async () => {
  let broken = true;
  const log = STEP_TYPES.get("log") as StepType;
  const odd: StepType = {
    ...log,
    get capability() {
      if (broken) throw new Error("no such thing");
      return log.capability;
    },
  };
  const app = await startApp({
    env: { WORKFLOWS_TENANT_CONCURRENCY: "1" },
    world: { steps: new Map([...STEP_TYPES, ["log", odd]]) },
  });
  const run = await app.run({
    name: "odd",
    steps: [
      { id: "p", type: "prompt", config: { template: "p" } },
      { id: "s", type: "log" },
    ],
  });
  expect(run).toMatchObject({
    status: "failed",
    error_code: "invariant_violation",
    error_hint: expect.stringContaining("retry"),
  });
  expect(app.engine.status().activeRuns).toBe(0);
  broken = false;
  await app.control(run.run_id, "retry");
  expect((await app.until(run.run_id, "succeeded")).outputs).toMatchObject({ logged: true });
});

test("what a step still does after its time was over adds nothing to the run", async () => {
  const log = STEP_TYPES.get("log") as StepType;
  let late: Promise<unknown> = Promise.resolve();
  const unruly: StepType = {
    ...log,
    execute: ({ clock, artifacts, progress }) =>
      new Promise(() => {
        clock.after(20_000, () => {
          progress({ message: "still here" });
          late = artifacts.add({ name: "late.txt", type: "text", content: "late" }).catch((error: Error) => error.name);
        });
      }),
  };
  const clock = fakeClock();
  const app = await startApp({ world: { clock, steps: new Map([...STEP_TYPES, ["log", unruly]]) } });
  const runId = await app.start({ name: "unruly", steps: [{ id: "s", type: "log", timeout_seconds: 1 }] });
  await app.untilEvent(runId, "step_started");
  clock.advance(1000);
  // It gets a moment to end by itself.
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(5000);
  await app.until(runId, "failed");
  clock.advance(20_000);
  expect(await late).toBe("AbortError");
  expect((await app.eventTypes(runId)).at(-1)).toBe("run_failed");
  expect((await app.api("GET", `/runs/${runId}/artifacts`)).body).toEqual([]);
});

test("slots are given out again after a moment when the table could not be read", async () => {
  const clock = fakeClock();
  let looks = 0;
  const runs = {
    readyLanes(): string[] {
      looks += 1;
      if (looks === 1) throw new Error("locked");
      return [];
    },
  };
  const dispatcher = createDispatcher({
    store: { runs } as never,
    clock,
    ids: systemIds,
    log: { error() {}, debug() {} } as never,
    limits: () => ({ total: 1, perWorkflow: 1 }),
    limitOf: () => null,
    startWorker: () => {
      throw new Error("nothing is ready");
    },
    onLeft() {},
  });
  dispatcher.nudge();
  await expect.poll(() => looks).toBe(1);
  clock.advance(1000);
  await expect.poll(() => looks).toBe(2);
});

test("timers that cannot be handled are tried again after a moment, not without end", async () => {
  const clock = fakeClock();
  let tries = 0;
  const timers = timersOn(clock, {
    waits: { nextDueAt: () => clock.now() - 1, dueTimers: () => [timerOf(1)] },
    write: async () => {
      tries += 1;
      throw new Error("disk full");
    },
  });
  timers.start();
  await expect.poll(() => tries).toBe(1);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(tries).toBe(1);
  clock.advance(1000);
  await expect.poll(() => tries).toBe(2);
  timers.stop();
});

test("who waits for a time hears of it as soon as it is handled, not after all the others", async () => {
  const clock = fakeClock();
  const order: string[] = [];
  const due = [timerOf(1), timerOf(2)];
  const timers = timersOn(
    clock,
    {
      waits: { nextDueAt: () => null, dueTimers: () => due.splice(0, 1) },
      write: async () => {
        order.push("handled");
      },
    },
    (runIds) => order.push(...runIds),
  );
  await timers.fire();
  expect(order).toEqual(["handled", "run 1", "handled", "run 2"]);
});

test("a run that was paused while it went to sleep is not woken by that; one that was resumed meanwhile is", async () => {
  const app = await startApp();
  const runId = await app.start({ name: "w", steps: [{ id: "w", type: "delay", config: { milliseconds: 60_000 } }] });
  await app.until(runId, "waiting");
  await app.control(runId, "pause");
  await app.stop();
  const store = openStore({
    path: join(app.dataDir, "Databases", "workflows.db"),
    synchronous: "FULL",
    clock: systemClock,
    log: silentLog,
    appVersion: "0.0.0",
    readonly: false,
    backUpFirst: () => "",
  });
  onTestFinished(() => store.close());
  const look = () => store.write("look", (tables) => [lookAgain(tables, runId, 1), tables.runs.summary(runId)?.status]);
  expect(await look()).toEqual([false, "paused"]);
  await store.write("resume", (tables) => tables.runs.requestPause(runId, 0));
  expect(await look()).toEqual([true, "queued"]);
});

const timerOf = (n: number) => ({ timerId: n, runId: `run ${n}`, stepRunId: null, kind: "retry" as const, dueAt: 0 });

function timersOn(clock: FakeClock, store: object, onFired: (runIds: readonly string[]) => void = () => {}) {
  const log = { error() {} } as never;
  return createTimers({ store: { bell: { on: () => () => {} }, ...store } as never, clock, log, onFired });
}
