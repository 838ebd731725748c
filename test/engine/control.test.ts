/** Stories of a person who takes hold of a run: cancel, pause, resume, retry. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeClock } from "../support/fake-clock.ts";
import { startApp, type TestApp } from "../support/running-app.ts";

const delay = { name: "sleepy", steps: [{ id: "w", type: "delay", config: { milliseconds: 60_000 } }] };

/** Ended, whether or not whoever inherited it has looked yet. */
async function isGone(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  return stat === null || stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
}

const lastEvents = async (app: TestApp, runId: string): Promise<string[]> => (await app.eventTypes(runId)).slice(-3);

test("C053, C054, C056: cancel ends a delay, is acknowledged, and harmless when repeated", async () => {
  const app = await startApp();
  const runId = await app.start(delay);
  await app.until(runId, "waiting");

  const [first, second] = [await app.control(runId, "cancel"), await app.control(runId, "cancel")];

  expect(first).toMatchObject({ status: 200, body: { ok: true, result: "applied", status: "cancelled" } });
  expect(second).toMatchObject({ status: 200, body: { ok: true, result: "already_applied" } });
  expect(await lastEvents(app, runId)).toEqual(["cancel_acknowledged", "step_cancelled", "run_cancelled"]);
  expect(await app.steps(runId)).toMatchObject([{ status: "cancelled" }]);
  expect(await app.attempts(runId, "w")).toMatchObject([{ status: "cancelled", ended_at: expect.any(String) }]);
});

test("cancel ends a running command and everything it started", async () => {
  const app = await startApp();
  const id = await app.save({
    name: "busy",
    steps: [{ id: "s", type: "shell", config: { command: "sleep 600 & echo $! > child; echo $$ > parent; wait" } }],
  });
  const { body } = await app.api<{ run_id: string }>("POST", `/${id}/run`, {});
  const workdir = join(app.dataDir, "Databases", "artifacts", "work", body.run_id);
  const pidIn = async (name: string): Promise<number> =>
    Number(await readFile(join(workdir, name), "utf8").catch(() => "0"));
  await expect.poll(() => pidIn("parent"), { timeout: 10_000 }).toBeGreaterThan(0);
  const [child, parent] = [await pidIn("child"), await pidIn("parent")];

  await app.control(body.run_id, "cancel");

  await app.until(body.run_id, "cancelled");
  for (const pid of [child, parent]) await expect.poll(() => isGone(pid)).toBe(true);
});

test("cancel during the pause before a retry, in the queue, and while a person is asked", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock }, env: { WORKFLOWS_TENANT_CONCURRENCY: "1" } });
  const retrying = await app.start({
    name: "r",
    steps: [{ id: "s", type: "prompt", config: { force_error: true }, retry: 3 }],
  });
  const asking = await app.start({ name: "a", steps: [{ id: "s", type: "wait_for_approval" }] });
  await app.until(retrying, "waiting");
  await app.until(asking, "waiting_approval");
  const blocking = await app.start({
    name: "b",
    steps: [{ id: "s", type: "prompt", config: { simulate_delay_ms: 5000 } }],
  });
  await app.until(blocking, "running");
  const queued = await app.start(delay);

  for (const runId of [retrying, asking, queued, blocking]) {
    expect((await app.control(runId, "cancel")).body.result).toBe("applied");
    await app.until(runId, "cancelled");
  }

  expect(await app.steps(queued)).toEqual([]);
  clock.advance(600_000);
  for (const runId of [retrying, asking, queued, blocking]) {
    const types = await app.eventTypes(runId);
    expect(types.filter((type) => /^run_(cancelled|completed|failed)$/.test(type))).toEqual(["run_cancelled"]);
    expect(types.at(-1)).toBe("run_cancelled");
  }
});

test("a cancel and a completion in the same moment leave exactly one end", async () => {
  const app = await startApp();
  const runIds = await Promise.all(
    Array.from({ length: 30 }, () =>
      app.start({
        name: "race",
        steps: [
          { id: "s", type: "log" },
          { id: "t", type: "log" },
        ],
      }),
    ),
  );
  const results = await Promise.all(runIds.map((runId) => app.control(runId, "cancel")));
  for (const [index, runId] of runIds.entries()) {
    const { status } = await app.until(runId, "succeeded", "cancelled");
    expect(results[index]?.body.result).toBe(status === "cancelled" ? "applied" : "invalid_state");
    const ends = (await app.eventTypes(runId)).filter((type) => /^run_(cancelled|completed)$/.test(type));
    expect(ends).toEqual([status === "cancelled" ? "run_cancelled" : "run_completed"]);
  }
});

test("C061, C062: what has ended stays as it is, and an unknown run is not found", async () => {
  const app = await startApp();
  const run = await app.run({ name: "done", steps: [{ id: "s", type: "log" }] });
  const before = await app.events(run.run_id);
  for (const action of ["cancel", "pause", "resume", "retry"]) {
    expect((await app.control(run.run_id, action)).body.result, action).toBe("invalid_state");
    expect((await app.control("nope", action)).status).toBe(404);
  }
  expect((await app.getRun(run.run_id)).status).toBe("succeeded");
  expect(await app.events(run.run_id)).toEqual(before);
});

test("C058: pause and resume can be repeated; time that passes meanwhile counts", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const runId = await app.start(delay);
  await app.until(runId, "waiting");

  expect((await app.control(runId, "pause")).body).toMatchObject({ result: "applied", status: "paused" });
  expect((await app.control(runId, "pause")).body.result).toBe("already_applied");
  clock.advance(60_000);
  await app.untilEvent(runId, "step_completed");
  expect((await app.getRun(runId)).status).toBe("paused");
  expect((await app.control(runId, "resume")).body.result).toBe("applied");
  await app.until(runId, "succeeded");
});

test("resume twice: the second finds it done, also when the run sleeps again by then", async () => {
  const app = await startApp();
  const runId = await app.start(delay);
  await app.until(runId, "waiting");
  await app.control(runId, "pause");
  expect((await app.control(runId, "resume")).body.result).toBe("applied");
  await app.until(runId, "waiting");
  expect((await app.control(runId, "resume")).body.result).toBe("already_applied");
  await app.control(runId, "cancel");
});

test("a pause that comes while the run goes to sleep holds", async () => {
  const app = await startApp({ env: { WORKFLOWS_TENANT_CONCURRENCY: "50" } });
  const runIds = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const runId = await app.start(delay);
      expect((await app.control(runId, "pause")).body.result).toBe("applied");
      return runId;
    }),
  );
  for (const runId of runIds) await app.until(runId, "paused");
  // Whatever was still under way has been settled once another run has come and gone.
  await app.run({ name: "after", steps: [{ id: "s", type: "log" }] });
  for (const runId of runIds) expect((await app.getRun(runId)).status).toBe("paused");
});

test("a pause lets the running step end and begins nothing new", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const runId = await app.start({
    name: "two",
    steps: [
      { id: "a", type: "prompt", config: { simulate_delay_ms: 1000 } },
      { id: "b", type: "prompt", config: { template: "b" } },
    ],
  });
  await app.untilEvent(runId, "step_started");
  expect((await app.control(runId, "pause")).body).toMatchObject({ result: "applied", status: "running" });
  clock.advance(1000);
  await app.until(runId, "paused");
  expect((await app.steps(runId)).map(({ step_id, status }) => [step_id, status])).toEqual([["a", "succeeded"]]);
  expect((await app.eventTypes(runId)).at(-1)).toBe("run_paused");
  await app.control(runId, "resume");
  expect((await app.until(runId, "succeeded")).outputs).toEqual({ text: "b" });
});

test("however often a busy graph is paused and resumed, each of its steps is done once", async () => {
  const app = await startApp();
  const steps = Array.from({ length: 30 }, (_, n) => ({
    id: `s${n}`,
    type: "prompt",
    config: { template: `${n}`, simulate_delay_ms: (n * 7) % 31 },
    depends_on: n < 10 ? [] : [`s${n - 10}`],
  }));
  const runId = await app.start({ name: "busy", steps });
  let status = "queued";
  while (status !== "succeeded") {
    await Promise.all([app.control(runId, "pause"), app.control(runId, "resume")]);
    await app.control(runId, "resume");
    ({ status } = await app.getRun(runId));
    expect(status).not.toMatch(/failed|cancelled/);
  }
  const rows = await app.steps(runId);
  expect(rows.map(({ step_id }) => step_id).sort()).toEqual(steps.map(({ id }) => id).sort());
  const seqs = (await app.events(runId)).map(({ event_seq }) => event_seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
});

test("a pause during the last step has nothing to hold back: the run ends", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const runId = await app.start({
    name: "last",
    steps: [{ id: "a", type: "prompt", config: { simulate_delay_ms: 1000 } }],
  });
  await app.untilEvent(runId, "step_started");
  await app.control(runId, "pause");
  clock.advance(1000);
  await app.until(runId, "succeeded");
});

test("a pause that was promised while a person was being asked is kept once they have answered", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const runId = await app.start({
    name: "ask meanwhile",
    steps: [
      { id: "a", type: "prompt", config: { simulate_delay_ms: 1000 }, depends_on: [] },
      { id: "ok", type: "wait_for_approval" },
      { id: "b", type: "log", depends_on: ["a", "ok"] },
    ],
  });
  await app.untilEvent(runId, "waiting_approval");
  expect((await app.control(runId, "pause")).body).toMatchObject({ result: "applied", status: "running" });
  clock.advance(1000);
  await app.until(runId, "waiting_approval");
  await app.api("POST", `/runs/${runId}/steps/ok/approve`, {});
  await app.until(runId, "paused");
  await app.control(runId, "resume");
  await app.until(runId, "succeeded");
});

test("C078: retry runs the failed step again, in place, and keeps what succeeded", async () => {
  const app = await startApp();
  const id = await app.save({
    name: "mend",
    steps: [
      { id: "once", type: "shell", config: { command: "echo run >> once; cat once" } },
      { id: "flaky", type: "shell", config: { command: "test -e fixed && echo OK || { touch fixed; exit 3; }" } },
      { id: "tell", type: "prompt", config: { template: "{{ once.stdout }}{{ flaky.stdout }}" } },
    ],
  });
  const { body: failed } = await app.api<{ run_id: string; status: string; error_code: string }>(
    "POST",
    `/${id}/run?mode=sync`,
    {},
  );
  expect(failed).toMatchObject({ status: "failed", error_code: "command_failed", outputs: { exit_code: 3 } });

  expect((await app.control(failed.run_id, "retry")).body.result).toBe("applied");

  const run = await app.until(failed.run_id, "succeeded");
  expect(run).toMatchObject({ incarnation: 2, outputs: { text: "run\nOK\n" }, error: null });
  expect((await app.steps(run.run_id)).map(({ step_id, visit, status }) => [step_id, visit, status])).toEqual([
    ["once", 1, "succeeded"],
    ["flaky", 1, "failed"],
    ["flaky", 2, "succeeded"],
    ["tell", 1, "succeeded"],
  ]);
  expect((await app.untilEvent(run.run_id, "run_retried")).payload).toEqual({ incarnation: 2, from_step: "flaky" });
});

test("a cancelled run whose finally step waits does wait, and then is cancelled", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const runId = await app.start({
    ...delay,
    finally: [
      { id: "cool", type: "delay", config: { milliseconds: 5000 } },
      { id: "tidy", type: "log" },
    ],
  });
  await app.until(runId, "waiting");
  await app.control(runId, "cancel");
  const parked = await app.untilEvent(runId, "run_waiting");
  expect(parked.payload).toMatchObject({ step_id: "w" });
  await expect.poll(async () => (await app.steps(runId)).map(({ step_id }) => step_id)).toEqual(["w", "cool"]);
  await app.until(runId, "waiting");
  expect(app.engine.status().activeRuns).toBe(0);

  clock.advance(5000);

  await app.until(runId, "cancelled");
  expect((await app.steps(runId)).map(({ step_id, status }) => [step_id, status])).toEqual([
    ["w", "cancelled"],
    ["cool", "succeeded"],
    ["tidy", "succeeded"],
  ]);
});
