/** Stories of the editor's text: a problem finds its line, an inserted step leaves all the rest as it was written. */
import { expect, test } from "vitest";
import { parse } from "yaml";
import { outlineOf } from "../../renderer/editor/outline-model.ts";
import { freeStepId, parseText, placeOf, withStep, withVersion } from "../../renderer/editor/source-map.ts";

const TEXT = `# Kept: a comment
name: letter
version: 1
steps:
  - id: write
    type: prompt   # here too
    config:
      template: "Dear {{ inputs.who }}"
finally:
  - id: clean
    type: log
`;

test("a path finds its line, or the nearest that there is", () => {
  const parsed = parseText(TEXT);
  const line = (path: string): number => placeOf(parsed, path).line;
  expect(line("steps[0].config.template")).toBe(8);
  expect(line("steps[0].config.missing")).toBe(7);
  expect(line("finally[0].type")).toBe(11);
  expect(line("nowhere")).toBe(1);
  const { from, to } = placeOf(parsed, "steps[0].type");
  expect(TEXT.slice(from, to)).toBe("type");
});

test("text that is no YAML says where, once a line", () => {
  const { value, syntax } = parseText("name: [a\nsteps: }\n");
  expect(value).toBeUndefined();
  expect(syntax.length).toBeGreaterThan(0);
  expect(new Set(syntax.map(({ line }) => line)).size).toBe(syntax.length);
  expect(parseText("").syntax).toMatchObject([{ line: 1, message: expect.stringContaining("Write a definition") }]);
  expect(parseText("- a\n- b").syntax).toMatchObject([{ message: expect.stringContaining("list of fields") }]);
});

test("a step is inserted behind the last one, and comments stay", () => {
  const step = { id: "send", type: "log", config: { message: "sent" } };
  const { text, at } = withStep(TEXT, step);
  expect(text).toContain("# Kept: a comment");
  expect(text).toContain("type: prompt   # here too");
  const after = parse(text);
  expect(after.steps.map(({ id }: { id: string }) => id)).toEqual(["write", "send"]);
  expect(after.steps[1]).toEqual(step);
  expect(after.finally).toHaveLength(1);
  expect(text.slice(at).trimStart()).toMatch(/^- id: send/);
});

test("a step goes into an empty list, a list on one line, and a text without steps", () => {
  const step = { id: "a", type: "log" };
  for (const text of ["name: x\nsteps: []\n", "name: x\n", "name: x\nsteps: [{ id: b, type: log }]\n"]) {
    const next = withStep(text, step);
    expect(parse(next.text)).toMatchObject({ name: "x" });
    expect(parse(next.text).steps.at(-1)).toEqual(step);
    expect(next.text.slice(next.at)).toMatch(/^- id: a/);
  }
});

test("the version is set where it stands, and put in where it does not", () => {
  expect(withVersion(TEXT, 7)).toContain("\nversion: 7\n");
  expect(parse(withVersion("name: x\nsteps: []\n", 3))).toMatchObject({ name: "x", version: 3 });
  expect(JSON.parse(withVersion('{"name": "x", "version": 1}', 2))).toEqual({ name: "x", version: 2 });
});

test("a new step gets an id that nobody has", () => {
  const value = { steps: [{ id: "log" }, { id: "log_2" }] };
  expect([freeStepId(value, "log"), freeStepId(value, "shell"), freeStepId(undefined, "log")]).toEqual([
    "log_3",
    "shell",
    "log",
  ]);
});

const edges = (definition: Record<string, unknown>): string[] =>
  outlineOf(definition).edges.map(({ from, to, kind }) => `${from} ${kind} ${to}`);

test("a sequence is drawn downwards, with its jumps", () => {
  const steps = [
    { id: "a", type: "log" },
    { id: "b", type: "branch", config: { true_next: "c", false_next: "d" } },
    { id: "c", type: "log", on_success: "_end", on_failure: "d" },
    { id: "d", type: "log" },
  ];
  expect(edges({ steps })).toEqual(["a next b", "b next c", "b jump d", "c failure d"]);
  const ys = outlineOf({ steps }).nodes.map(({ y }) => y);
  expect(ys).toEqual([...ys].sort((a, b) => a - b));
});

test("a graph falls into layers, steps of one layer side by side, and a circle ends the walk", () => {
  const { nodes } = outlineOf({
    steps: [
      { id: "a", type: "log", depends_on: [] },
      { id: "b", type: "log", depends_on: ["a"] },
      { id: "c", type: "log", depends_on: ["a"] },
      { id: "d", type: "log", depends_on: ["b", "c"] },
    ],
  });
  const [a, b, c, d] = nodes;
  expect(b?.y).toBe(c?.y);
  expect(b?.x).not.toBe(c?.x);
  expect([a?.y, b?.y, d?.y]).toEqual([a?.y, b?.y, d?.y].sort((x, y) => Number(x) - Number(y)));
  const circle = [
    { id: "x", type: "log", depends_on: ["y"] },
    { id: "y", type: "log", depends_on: ["x"] },
  ];
  expect(outlineOf({ steps: circle }).nodes).toHaveLength(2);
});

test("half a definition is drawn as far as it goes", () => {
  expect(outlineOf(undefined).nodes).toEqual([]);
  expect(outlineOf({ steps: [{ type: "log" }, "nonsense", null] }).nodes).toMatchObject([{ id: "steps[0]" }]);
});
