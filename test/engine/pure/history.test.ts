/** A run survives its host because its rows say what its facts said. Told over a real store, and over what retries see. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { applyFact, type History, historyFromRows } from "../../../electron/engine/history.ts";
import { lastOutputs, scopeOf } from "../../../electron/engine/scope.ts";
import type { Fact } from "../../../electron/store/facts.ts";
import { aClaimedRun, aRecord, aStore, LEASE, type TestStore } from "../../store/a-store.ts";
import { aHistory, aWorkflow, type Fate, NOW, play } from "./stories.ts";

function fromRows({ store }: TestStore, runId: string): History {
  const run = store.runs.get(runId);
  if (!run) throw new Error(`there is no run ${runId}`);
  return historyFromRows(run, store.stepRuns.ofRun(runId), store.waits.openOfRun(runId), NOW);
}

test("property: folding the facts gives the same history as folding the rows that they left", async () => {
  const file = await aStore();
  const graph = aWorkflow(["-> a", "-> b", { id: "c", depends_on: ["a"], continue_on_error: true }, "b c -> d"]);
  const sequence = aWorkflow(["a", { id: "b", on_failure: "a" }, "c"], { finally: ["f"] });
  const fate = fc.constantFrom<Fate>("ok", "fail", "retry", "wait", "human", { jump: "c" });
  let story = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(graph, sequence),
      fc.array(fate, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }),
      fc.array(fc.nat(99), { minLength: 1 }),
      async (definition, fates, batches, picks) => {
        story += 1;
        const runId = await aClaimedRun(file.store, `run-${story}`);
        let turn = 0;
        const { facts } = play(definition, {
          runId,
          fates: (_step, _visit, attempt) => (attempt > 2 ? "ok" : (fates[turn++] ?? "ok")),
          pick: () => (picks[turn % picks.length] ?? 0) / 100,
        });
        let folded = fromRows(file, runId);
        for (let from = 0, batch = 0; from < facts.length; batch++) {
          const part = facts.slice(from, from + (batches[batch % batches.length] ?? 1));
          from += part.length;
          for (const fact of part) folded = applyFact(folded, fact);
          await expect(file.store.record(aRecord(runId, part))).resolves.toMatchObject({ recorded: true });
          expect(fromRows(file, runId)).toEqual(folded);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("a deadline is part of the history either way", async () => {
  const file = await aStore();
  const runId = await aClaimedRun(file.store);
  const started: Fact = { is: "run_started", at: NOW, incarnation: 1, deadlineAt: NOW + 60_000 };
  const folded = applyFact(fromRows(file, runId), started);
  await file.store.record(aRecord(runId, [started], { leaseId: LEASE }));
  expect(folded.deadlineAt).toBe(NOW + 60_000);
  expect(fromRows(file, runId)).toEqual(folded);
});

test("how long the other side asked to wait is not part of a failure once it is final", () => {
  const failure = { code: "http_error", message: "429", retryable: true, retry_after_ms: 5000 };
  const of = { at: NOW, stepRunId: "r:a:1", stepId: "a", attempt: 1, timeoutSeconds: 1, retrySuppressed: false };
  const after = applyFact(aHistory(["a:running"]), { is: "visit_failed", ...of, failure, outputs: {} });
  expect(after.visits[0]?.state).toEqual({
    status: "failed",
    failure: { code: "http_error", message: "429", retryable: true },
    outputs: {},
  });
});

const facts = { runId: "r", workflowId: 1, workflowName: "w", inputs: { who: "Ada" }, examplesDir: "/examples" };

test("the scope holds the inputs, each step by its id, the last one, the run and the time", () => {
  const history = aHistory(["a:ok", "b:failed", "c:skipped", "d:running"]);
  const scope = scopeOf(facts, history, NOW, { item: 7 });
  expect(scope).toMatchObject({
    inputs: { who: "Ada" },
    a: {},
    b: { __status__: "failed", error: "broken" },
    c: { __status__: "skipped" },
    last: { error: "broken" },
    prev: { error: "broken" },
    run: { id: "r", workflow_id: 1, workflow_name: "w" },
    run_id: "r",
    now: new Date(NOW).toISOString(),
    item: 7,
  });
  expect(scope).not.toHaveProperty("d");
  expect(Object.getPrototypeOf(scope)).toBeNull();
});

test("before the first step there is no last one", () => {
  expect(lastOutputs(aHistory([]))).toBeNull();
  expect(lastOutputs(aHistory(["a:running"]))).toBeNull();
});

test("a step that is retried finds the same last outputs as at its first time", () => {
  const told = (incarnation: number, old: string) => {
    const history = aHistory([`${old}a:ok`, `${old}b:failed`], { incarnation });
    const [a, b] = history.visits;
    if (!a || !b) throw new Error("the history is cut");
    return {
      ...history,
      visits: [{ ...a, state: { status: "succeeded", outputs: { text: "from a" }, next: null } }, b],
    } as History;
  };
  expect(lastOutputs(told(1, ""))).toEqual({ __status__: "failed", error: "broken" });
  expect(lastOutputs(told(2, "1#"))).toEqual({ text: "from a" });
});
