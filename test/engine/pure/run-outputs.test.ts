/** What a run that succeeded gives back. */
import { expect, test } from "vitest";
import type { History } from "../../../electron/engine/history.ts";
import { runOutputs } from "../../../electron/engine/run-outputs.ts";
import type { Scope } from "../../../electron/engine/templating/evaluate.ts";
import type { WorkflowDefinition } from "../../../shared/definition.ts";
import { aHistory, aWorkflow } from "./stories.ts";

/** Every step gives its own id. */
function history(...told: string[]): History {
  const plain = aHistory(told);
  const visits = plain.visits.map((visit) =>
    visit.state.status === "succeeded"
      ? { ...visit, state: { ...visit.state, outputs: { from: visit.stepId } } }
      : visit,
  );
  return { ...plain, visits };
}

const nowhere = () => Promise.reject(new Error("nothing here needs the pool"));
const given = (definition: WorkflowDefinition, past: History, scope: Scope = {}) =>
  runOutputs(definition, past, scope, nowhere);

test("a sequence gives what its last step gave, skipped and finally ones aside", async () => {
  const definition = aWorkflow(["a", "b", "c"], { finally: ["f"] });
  expect(await given(definition, history("a:ok", "b:ok", "c:skipped", "f/ok"))).toEqual({ from: "b" });
  expect(await given(definition, history())).toEqual({});
});

test("a graph with one end gives what that gave; with several, each by its id", async () => {
  expect(await given(aWorkflow(["-> a", "a -> b"]), history("a:ok", "b:ok"))).toEqual({ from: "b" });
  const fork = aWorkflow(["-> a", "a -> b", "a -> c", "a -> d"]);
  expect(await given(fork, history("a:ok", "b:ok", "c:skipped", "d:ok"))).toEqual({
    b: { from: "b" },
    d: { from: "d" },
  });
});

test("the mapping comes before both, and keeps types", async () => {
  const definition = aWorkflow(["a"], { outputs: { count: "{{ a.n }}", text: "n is {{ a.n }}" } });
  expect(await given(definition, history("a:ok"), { a: { n: 3 } })).toEqual({ count: 3, text: "n is 3" });
});

test("a mapping that names what is not there says which field", async () => {
  const definition = aWorkflow(["a"], { outputs: { count: "{{ a.m }}" } });
  await expect(given(definition, history("a:ok"), { a: { n: 3 } })).rejects.toMatchObject({
    code: "template_error",
    message: expect.stringContaining("outputs.count"),
  });
});
