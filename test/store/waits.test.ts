/** Stories of waits and timers: the first who settles a wait settles it, and what is due comes in order. */
import { expect, test } from "vitest";
import type { Fact } from "../../electron/store/facts.ts";
import { aClaimedRun, addRun, aRecord, aStore, LEASE, NOW, type TestStore } from "./a-store.ts";

const HUMAN = { kind: "human", assignedTo: "local", instructions: "Look.", formSchema: { type: "object" } } as const;

/** A run of one step that waits for a person, or until a time. */
async function aWaitingRun({ store }: TestStore, runId: string, wait: "person" | "time", at = NOW): Promise<string> {
  await aClaimedRun(store, runId);
  const of = { at, stepRunId: `${runId}:ask:1`, stepId: "ask" };
  const facts: Fact[] = [
    { is: "visit_started", ...of, visit: 1, phase: "main", name: "Ask", type: "wait", inputs: {}, capability: null },
    {
      is: "visit_waits",
      ...of,
      attempt: 1,
      wait:
        wait === "person"
          ? { ...HUMAN, deadlineAt: at + 1000 }
          : { kind: "time", dueAt: at + 500, outputs: { slept: true } },
    },
  ];
  await store.record(aRecord(runId, facts, { leaseId: LEASE }));
  return of.stepRunId;
}

test("a wait for a person is in the inbox with what they need, longest first; a wait for a time is not", async () => {
  const file = await aStore();
  await aWaitingRun(file, "younger", "person", NOW + 10);
  await aWaitingRun(file, "older", "person", NOW);
  await aWaitingRun(file, "sleeper", "time");
  expect(file.store.waits.inbox(10)).toMatchObject([
    {
      runId: "older",
      workflowName: "story",
      stepName: "Ask",
      kind: "human",
      assignedTo: "local",
      instructions: "Look.",
    },
    { runId: "younger", dueAt: NOW + 1010 },
  ]);
  expect(file.store.waits.inbox(1)).toHaveLength(1);
});

test("a wait is settled once: the second decision is told so", async () => {
  const file = await aStore();
  const stepRunId = await aWaitingRun(file, "r1", "person");
  const settle = (outcome: "approved" | "expired") =>
    file.store.write("settle", ({ waits }) => waits.settle({ stepRunId, outcome, at: NOW + 1, by: "local" }));
  expect(await Promise.all([settle("approved"), settle("expired")])).toEqual([true, false]);
  expect(file.store.waits.get(stepRunId)?.status).toBe("approved");
  expect(file.store.waits.openOfRun("r1")).toEqual([]);
  expect(file.store.waits.inbox(10)).toEqual([]);
});

test("a person's decision on a step counts once, and only while it waits for one", async () => {
  const file = await aStore();
  const decide = (stepRunId: string, status: "succeeded" | "failed") =>
    file.store.write("decide", ({ stepRuns }) =>
      stepRuns.decide({
        stepRunId,
        status,
        decision: status === "succeeded" ? "approved" : "rejected",
        at: NOW,
        by: "local",
        comment: null,
        errorCode: null,
        error: null,
        outputsJson: "{}",
      }),
    );
  const asked = await aWaitingRun(file, "r1", "person");
  expect(await Promise.all([decide(asked, "failed"), decide(asked, "succeeded")])).toEqual([true, false]);
  expect(file.store.stepRuns.get(asked)).toMatchObject({ status: "failed", decision: "rejected" });
  const sleeping = await aWaitingRun(file, "r2", "time");
  expect(await decide(sleeping, "succeeded")).toBe(false);
});

test("timers come due in order, and a page at a time", async () => {
  const file = await aStore();
  await aWaitingRun(file, "r1", "person");
  await aWaitingRun(file, "r2", "time");
  const { waits } = file.store;
  expect(waits.nextDueAt()).toBe(NOW + 500);
  expect(waits.dueTimers(NOW + 499, 10)).toEqual([]);
  expect(waits.dueTimers(NOW + 1000, 10).map((timer) => [timer.runId, timer.kind])).toEqual([
    ["r2", "delay"],
    ["r1", "wait_deadline"],
  ]);
  const [first] = waits.dueTimers(NOW + 1000, 1);
  await file.store.write("drop", (tables) => tables.waits.dropTimer(first?.timerId ?? 0));
  expect(waits.nextDueAt()).toBe(NOW + 1000);
  await file.store.write("drop", (tables) => tables.waits.dropTimersOfStep("r1", "r1:ask:1"));
  expect(waits.nextDueAt()).toBeNull();
});

test("a run that goes takes its waits and timers along", async () => {
  const file = await aStore();
  await aWaitingRun(file, "r1", "person");
  file.sql.pragma("foreign_keys = ON");
  file.sql.exec("DELETE FROM workflow_runs");
  expect(file.store.waits.inbox(10)).toEqual([]);
  expect(file.store.waits.nextDueAt()).toBeNull();
});

test("a queue of runs is by lane, then by priority, then by how long they wait", async () => {
  const { store } = await aStore();
  await addRun(store, "b-late", { lane: "b", createdAt: NOW + 2 });
  await addRun(store, "b-early", { lane: "b", createdAt: NOW + 1 });
  await addRun(store, "b-urgent", { lane: "b", createdAt: NOW + 3, priority: 5 });
  await addRun(store, "a", { lane: "a" });
  expect(store.runs.readyLanes()).toEqual(["a", "b"]);
  expect(store.runs.readyOfLane("b", 10).map((run) => run.runId)).toEqual(["b-urgent", "b-early", "b-late"]);
  expect(store.runs.readyCount()).toBe(4);
});

test("what a workflow remembers is by its name and key", async () => {
  const { store } = await aStore();
  const set = (workflowName: string, valueJson: string) =>
    store.write("set", ({ state }) => state.set({ workflowName, key: "n", valueJson, at: NOW }));
  await set("w", "1");
  await set("w", "2");
  await set("other", "9");
  expect(store.state.get("w", "n")).toBe("2");
  expect(store.state.get("w", "m")).toBeUndefined();
});
