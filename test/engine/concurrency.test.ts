/** Stories of workflows that say how many of their runs may be under way at once. */
import { expect, test } from "vitest";
import { fakeClock } from "../support/fake-clock.ts";
import { startApp, type TestApp } from "../support/running-app.ts";

const MINUTE = 60_000;
const one = (on_conflict: "queue" | "skip" | "cancel_running", limit = 1) => ({
  name: "alone",
  concurrency: { limit, on_conflict },
  steps: [
    { id: "w", type: "delay", config: { milliseconds: MINUTE } },
    { id: "end", type: "log" },
  ],
});

async function begin(app: TestApp, id: number) {
  const { status, body } = await app.api<{ run_id: string; status: string; status_reason: string | null }>(
    "POST",
    `/${id}/run`,
    {},
  );
  expect(status).toBe(200);
  return body;
}

test("queued runs wait until the one before has ended, also while that one only waits for a time", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const id = await app.save(one("queue"));
  const runs = [await begin(app, id), await begin(app, id), await begin(app, id)].map(({ run_id }) => run_id);
  for (const runId of runs) {
    await app.until(runId, "waiting");
    const statuses = await Promise.all(runs.map(async (other) => (await app.getRun(other)).status));
    expect(statuses.filter((status) => status === "waiting")).toHaveLength(1);
    clock.advance(MINUTE);
    await app.until(runId, "succeeded");
  }
});

test("a limit of two lets two go on beside each other, and another workflow is not held up", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const id = await app.save(one("queue", 2));
  const runs = [await begin(app, id), await begin(app, id), await begin(app, id)].map(({ run_id }) => run_id);
  await app.until(runs[0] ?? "", "waiting");
  await app.until(runs[1] ?? "", "waiting");
  await app.run({ name: "other", steps: [{ id: "l", type: "log" }] });
  expect((await app.getRun(runs[2] ?? "")).status).toBe("queued");
  await app.control(runs[0] ?? "", "cancel");
  await app.until(runs[2] ?? "", "waiting");
});

test("the place of a run is kept over a restart, and by a run that comes back from waiting", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const id = await app.save(one("queue"));
  const first = (await begin(app, id)).run_id;
  await app.until(first, "waiting");
  const later = [];
  for (let n = 0; n < 12; n++) later.push((await begin(app, id)).run_id);
  await app.stop();

  const next = await startApp({ dataDir: app.dataDir, world: { clock } });
  expect((await next.getRun(later[0] ?? "")).status).toBe("queued");
  clock.advance(MINUTE);
  await next.until(first, "succeeded");
  await next.until(later[0] ?? "", "waiting");
  expect((await next.getRun(later[1] ?? "")).status).toBe("queued");
});

test("skip: a start beside a run that has not ended leaves one cancelled row that says why", async () => {
  const app = await startApp();
  const id = await app.save(one("skip"));
  const first = (await begin(app, id)).run_id;
  const second = await begin(app, id);
  expect(second).toMatchObject({ status: "cancelled", status_reason: "skipped_concurrency" });
  expect(await app.eventTypes(second.run_id)).toEqual(["run_queued", "run_cancelled"]);
  expect(await app.steps(second.run_id)).toEqual([]);
  await app.control(first, "cancel");
  expect((await begin(app, id)).status).toBe("queued");
});

test("cancel_running: the newest run takes the place of the one before, once that has tidied up", async () => {
  const clock = fakeClock();
  const app = await startApp({ world: { clock } });
  const id = await app.save({
    ...one("cancel_running"),
    finally: [{ id: "tidy", type: "prompt", config: { simulate_delay_ms: 1000 } }],
  });
  const first = (await begin(app, id)).run_id;
  await app.until(first, "waiting");
  const second = (await begin(app, id)).run_id;
  await expect.poll(async () => (await app.steps(first)).map(({ step_id }) => step_id)).toEqual(["w", "tidy"]);
  expect((await app.getRun(second)).status).toBe("queued");
  expect((await app.untilEvent(first, "cancel_acknowledged")).payload).toMatchObject({ source: "concurrency" });

  clock.advance(1000);

  await app.until(first, "cancelled");
  await app.until(second, "waiting");
});

test("ad-hoc runs of a definition that sets a limit keep to it too, by its name", async () => {
  const app = await startApp();
  const first = await app.start(one("skip"));
  await app.until(first, "waiting");
  expect(await app.run(one("skip"))).toMatchObject({ status: "cancelled", status_reason: "skipped_concurrency" });
  await app.run({ ...one("skip"), name: "someone else", steps: [{ id: "l", type: "log" }] });
});
