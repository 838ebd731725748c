/** What holds for every step type, and what is said about types that are not there. */
import { describe, expect, test } from "vitest";
import { commandsOf, nearestType, STEP_TYPES, stepTypeInfos, unsupportedHint } from "../../electron/steps/registry.ts";
import { computeTasks } from "../../electron/steps/tasks/index.ts";
import { taskValue } from "../../electron/steps/tasks/outcome.ts";
import { runTask } from "../../electron/steps/tasks/run-task.ts";
import { StepTypeInfo } from "../../shared/step-type.ts";

describe.each([...STEP_TYPES.values()])("$type", (type) => {
  test("has an example that its schema accepts", () => {
    expect(type.schema.safeParse(type.example).error).toBeUndefined();
  });

  test("refuses a field that it does not know", () => {
    expect(type.schema.safeParse({ ...(type.example as object), no_such_field: 1 }).success).toBe(false);
  });

  test("reads commands and steps from a config that makes no sense", () => {
    for (const config of [{}, { command: 1, argv: 2, step: "x", cases: 3, default: 4 }, { step: { type: 5 } }]) {
      expect([type.commands?.(config) ?? [], type.nested?.(config) ?? []]).toEqual([[], []]);
    }
  });
});

test("what is told of the types fits the wire, with a JSON Schema each", () => {
  const infos = stepTypeInfos();
  expect(infos).toHaveLength(STEP_TYPES.size);
  for (const info of infos)
    expect(StepTypeInfo.parse(info).schema).toMatchObject({ type: "object", additionalProperties: false });
});

test("commands are found as written: inside map, with templates, and in a config that is otherwise wrong", () => {
  const shell = { type: "shell", config: { command: "echo {{ inputs.x }}", timeout_seconds: "{{ 1 }}" } };
  const argv = { type: "shell", config: { argv: ["git", "log", "--format=%h %s"] } };
  const inMap = { type: "map", config: { items: [1], step: { type: "shell", config: { command: "ls" } } } };
  expect(commandsOf([shell, argv, inMap, shell, { type: "log", config: {} }])).toEqual([
    "echo {{ inputs.x }}",
    'git log "--format=%h %s"',
    "ls",
  ]);
});

test("a slip is answered with the nearest type, and a type of another engine with a way to do without", () => {
  expect(nearestType("templte_render")).toBe("template_render");
  expect(nearestType("file-read")).toBe("file_read");
  expect(nearestType("quantum_flux")).toBeNull();
  for (const type of [
    "media_ingest",
    "rag_search",
    "acp_stage",
    "deep_research_wait",
    "kanban",
    "tts",
    "stt_transcribe",
    "llm_compare",
  ]) {
    expect(unsupportedHint(type)).toEqual(expect.any(String));
  }
  expect(unsupportedHint("shell")).toBeNull();
  expect(unsupportedHint("quantum_flux")).toBeNull();
});

test("a task's failure keeps its code as plain data", async () => {
  const outcome = structuredClone(await runTask("jsonata", { data: 1, expression: "(((" }));
  expect(outcome).toMatchObject({ ok: false, code: "expression_error" });
  expect(() => taskValue(outcome)).toThrow(expect.objectContaining({ name: "StepError", code: "expression_error" }));
  expect(await runTask("constructor", {})).toMatchObject({ ok: false, code: "step_crashed" });
  expect(Object.keys(computeTasks)).toContain("sqlite_query");
});
