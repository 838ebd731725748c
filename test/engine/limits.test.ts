/** Stories of many runs at once: how many are active, in which order, and that none is forgotten. */
import { expect, test } from "vitest";
import { STEP_TYPES } from "../../electron/steps/registry.ts";
import { ok, type StepType } from "../../electron/steps/step-type.ts";
import type { Run, RunSummary } from "../../shared/run.ts";
import { newFolder, startApp } from "../support/running-app.ts";

/** `log` steps that stay until they are let go, and who is inside, in the order of coming. */
function gatedSteps() {
  const waiting: { workflow: string; runId: string; leave: () => void }[] = [];
  const come: string[] = [];
  let most = 0;
  const log = STEP_TYPES.get("log") as StepType;
  const gated: StepType = {
    ...log,
    execute: ({ run, signal }) =>
      new Promise((resolve) => {
        const leave = () => resolve(ok({}));
        waiting.push({ workflow: run.workflowName, runId: run.id, leave });
        come.push(run.workflowName);
        most = Math.max(most, waiting.length);
        signal.addEventListener("abort", leave, { once: true });
      }),
  };
  return {
    steps: new Map([...STEP_TYPES, ["log", gated]]),
    come,
    mostAtOnce: () => most,
    inside: () => waiting.map(({ workflow }) => workflow),
    letOneGo: () => waiting.shift()?.leave(),
  };
}

const one = (name: string) => ({ name, steps: [{ id: "s", type: "log" }] });

test("no more runs are active than the limits allow, and all of them finish", async () => {
  const gate = gatedSteps();
  const app = await startApp({
    env: { WORKFLOWS_TENANT_CONCURRENCY: "5", WORKFLOWS_WORKFLOW_CONCURRENCY: "3" },
    world: { steps: gate.steps },
  });
  const [a, b] = [await app.save(one("a")), await app.save(one("b"))];
  const start = async (id: number) => (await app.api<Run>("POST", `/${id}/run`, {})).body.run_id;
  const runIds = await Promise.all([a, a, a, a, a, a, b, b, b, b, b, b].map(start));

  for (let left = runIds.length; left > 0; left -= 1) {
    await expect.poll(() => gate.inside().length).toBe(Math.min(5, left, Math.max(3, left)));
    const names = gate.inside();
    for (const name of ["a", "b"]) expect(names.filter((one) => one === name).length).toBeLessThanOrEqual(3);
    gate.letOneGo();
  }

  for (const runId of runIds) await app.until(runId, "succeeded");
  expect(gate.mostAtOnce()).toBe(5);
  expect(app.engine.status()).toEqual({ activeRuns: 0, queueDepth: 0 });
});

test("a workflow with many waiting runs does not keep another one out", async () => {
  const gate = gatedSteps();
  const app = await startApp({ env: { WORKFLOWS_TENANT_CONCURRENCY: "1" }, world: { steps: gate.steps } });
  const [many, few] = [await app.save(one("many")), await app.save(one("few"))];
  for (let n = 0; n < 6; n += 1) await app.api("POST", `/${many}/run`, {});
  for (let n = 0; n < 2; n += 1) await app.api("POST", `/${few}/run`, {});
  for (let done = 0; done < 8; done += 1) {
    await expect.poll(() => gate.inside().length).toBe(1);
    gate.letOneGo();
  }
  expect(gate.come.slice(0, 4).sort()).toEqual(["few", "few", "many", "many"]);
});

test("within a workflow the higher priority goes first, then who waited longer", async () => {
  const gate = gatedSteps();
  const app = await startApp({ env: { WORKFLOWS_TENANT_CONCURRENCY: "1" }, world: { steps: gate.steps } });
  const id = await app.save(one("w"));
  const start = async (priority: number) => (await app.api<Run>("POST", `/${id}/run`, { priority })).body.run_id;
  const blocker = await start(0);
  await app.until(blocker, "running");
  const [low, plain, high, plainToo] = [await start(-5), await start(0), await start(9), await start(0)];
  for (let done = 0; done < 5; done += 1) {
    await expect.poll(() => gate.inside().length).toBe(1);
    gate.letOneGo();
  }
  await app.until(low, "succeeded");
  const { body } = await app.api<{ runs: RunSummary[] }>("GET", "/runs?order_by=started_at&order=asc");
  expect(body.runs.map(({ run_id }) => run_id)).toEqual([blocker, high, plain, plainToo, low]);
});

test("C023: failed runs give their slots back", async () => {
  const app = await startApp({ env: { WORKFLOWS_TENANT_CONCURRENCY: "2" } });
  const bad = { name: "bad", steps: [{ id: "s", type: "fail" }] };
  const failing = await Promise.all(Array.from({ length: 4 }, () => app.start(bad)));
  expect((await app.run(one("good"))).status).toBe("succeeded");
  for (const runId of failing) await app.until(runId, "failed");
  expect(app.engine.status()).toEqual({ activeRuns: 0, queueDepth: 0 });
});

test("runs that waited for a slot when the app stopped get one in the next app", async () => {
  const dataDir = await newFolder();
  const gate = gatedSteps();
  const first = await startApp({
    dataDir,
    env: { WORKFLOWS_TENANT_CONCURRENCY: "1" },
    world: { steps: gate.steps },
  });
  const runIds: string[] = [];
  for (let n = 0; n < 5; n += 1) runIds.push(await first.start(one("later")));
  await expect.poll(() => gate.inside().length).toBe(1);
  const stopped = first.stop();
  gate.letOneGo();
  await stopped;

  const second = await startApp({ dataDir });

  for (const runId of runIds) await second.until(runId, "succeeded");
});
