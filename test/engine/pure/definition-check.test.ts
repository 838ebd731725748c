/** Stories of judging a definition: all that is wrong is told at once, each with its place and what was probably meant. */
import { expect, test } from "vitest";
import { createDefinitionService } from "../../../electron/engine/definition-service.ts";
import { systemClock } from "../../../electron/lib/clock.ts";
import { systemIds } from "../../../electron/lib/ids.ts";
import { DEFINITION_LIMITS } from "../../../shared/definition.ts";
import { aStore } from "../../store/a-store.ts";

type Json = Record<string, unknown>;

async function aJudge() {
  const { store } = await aStore();
  return createDefinitionService({ store, clock: systemClock, ids: systemIds });
}

const log = (id: string, more: Json = {}): Json => ({ id, type: "log", config: { message: "x" }, ...more });

/** Path -> message of everything that is wrong with these steps. */
async function problems(steps: unknown, top: Json = {}): Promise<Record<string, string>> {
  const judge = await aJudge();
  const { errors } = await judge.check({ name: "w", steps, ...top });
  return Object.fromEntries(errors.map(({ path, message }) => [path, message]));
}

test("a good definition has no problem, gets its defaults and is saved once", async () => {
  const judge = await aJudge();
  const raw = { name: " greet ", steps: [log("a")] };
  expect(await judge.check(raw)).toMatchObject({ errors: [], warnings: [], definition: { name: "greet", version: 1 } });
  const saved = await judge.save({ raw, source: null, cameFrom: "api", consented: true });
  expect(judge.byId(saved.id).steps).toHaveLength(1);
  await expect(judge.save({ raw, source: null, cameFrom: "api", consented: true })).rejects.toMatchObject({
    code: "definition_exists",
  });
  expect(() => judge.byId(99)).toThrow(expect.objectContaining({ code: "workflow_not_found" }));
});

test("everything is told at once: fields, types, targets and templates, whichever step they are in", async () => {
  expect(
    await problems(
      [
        { id: "a b", typ: "log", type: "log" },
        { id: "x", type: "promt" },
        log("x", { on_success: "abc", retry: { max: 1, bacoff: "fixed" } }),
        5,
        { id: "y", type: "prompt", config: { template: "{{ oops" } },
      ],
      { name: "", nmae: 1, outputs: { a: "{{ 1 + }}" } },
    ),
  ).toEqual({
    name: "must not be empty",
    nmae: 'there is no field "nmae"; did you mean "name"?',
    "outputs.a": expect.stringContaining("does not parse"),
    "steps[0].id": "must be 1-100 letters, digits, _ or -",
    "steps[0].typ": 'there is no field "typ"; did you mean "type"?',
    "steps[1].type": 'Unknown step type: promt; did you mean "prompt"?',
    "steps[2].id": '"x" is already the id of steps[1]',
    "steps[2].on_success": 'there is no step "abc"',
    "steps[2].retry.bacoff": 'there is no field "bacoff"; did you mean "backoff"?',
    "steps[3]": expect.stringContaining("expected object"),
    "steps[4].config.template": expect.stringContaining("does not parse"),
  });
});

test("the error that refuses a definition carries all of it, and says how much more there is", async () => {
  const judge = await aJudge();
  await expect(judge.require({ name: "w", steps: [log("run"), log("run")] })).rejects.toThrow(
    expect.objectContaining({
      code: "definition_invalid",
      message: expect.stringContaining("(and 2 more)"),
      extra: { problems: expect.arrayContaining([expect.objectContaining({ path: "steps[1].id", step_id: "run" })]) },
    }),
  );
});

test.each([[null], [[]], ["text"], [{}], [{ name: "w" }], [{ name: "w", steps: "none" }]])(
  "%j is no definition, and is told so",
  async (raw) => expect((await (await aJudge()).check(raw)).errors.length).toBeGreaterThan(0),
);

test("a missing field is required, whatever the schema calls it", async () => {
  expect(await problems([{ id: "a" }])).toMatchObject({ "steps[0].type": "is required" });
});

test("ids of the template scope and words of its language are reserved", async () => {
  const reserved = ["inputs", "last", "run", "run_id", "item", "now", "_end", "none", "loop", "range", "if", "not"];
  const found = await problems(reserved.map((id) => log(id)));
  expect(Object.keys(found)).toEqual(reserved.map((_, index) => `steps[${index}].id`));
  expect(new Set(Object.values(found).map((text) => text.replace(/".*?"/, ""))).size).toBe(1);
});

test("a target that is not there names the nearest step", async () => {
  expect(await problems([log("fetch", { on_failure: "clean_up" }), log("cleanup")])).toEqual({
    "steps[0].on_failure": 'there is no step "clean_up"; did you mean "cleanup"?',
  });
  expect(
    await problems([{ id: "b", type: "branch", config: { condition: "x", true_next: "dome" } }, log("done")]),
  ).toEqual({
    "steps[0].config.true_next": 'there is no step "dome"; did you mean "done"?',
  });
  expect(
    await problems([
      { id: "s", type: "switch", config: { value: "x", cases: { a: "nope" }, default: "{{ last.t }}" } },
    ]),
  ).toEqual({ "steps[0].config.cases.a": 'there is no step "nope"' });
  expect(await problems([log("a", { on_success: "_end" })])).toEqual({});
});

test("a target of a hundred thousand letters is judged at once", async () => {
  const began = performance.now();
  const steps = Array.from({ length: 200 }, (_, index) => log(`${"s".repeat(90)}${index}`));
  const found = await problems([...steps.slice(1), log("a", { on_success: "s".repeat(150_000) })]);
  expect(Object.keys(found)).toEqual(["steps[199].on_success"]);
  expect(performance.now() - began).toBeLessThan(5000);
});

test("cycles are refused, also beside a jump to itself", async () => {
  expect(
    await problems([log("a", { on_success: "a" }), log("b", { on_failure: "c" }), log("c", { on_success: "b" })]),
  ).toEqual({
    "steps[0].on_success": "a step may not jump to itself",
    steps: "Workflow contains an explicit cycle: b -> c -> b",
  });
  expect(await problems([log("a", { depends_on: ["b"] }), log("b", { depends_on: ["a"] })])).toEqual({
    steps: "Workflow contains an explicit cycle: a -> b -> a",
  });
  expect(await problems([log("a", { depends_on: ["a"] })])).toEqual({
    steps: "Workflow contains an explicit cycle: a -> a",
  });
});

test("a loop that goes on by the order of the list is allowed: it ends by its condition", async () => {
  expect(await problems([log("a"), log("b", { on_failure: "a" })])).toEqual({});
});

test("a graph cannot jump or branch, and depends on steps that there are", async () => {
  const found = await problems([
    log("a", { depends_on: [] }),
    log("b", { depends_on: ["a", "aa"], on_success: "a" }),
    { id: "c", type: "branch", config: { condition: "x" } },
  ]);
  expect(found).toEqual({
    "steps[1].depends_on[1]": 'there is no step "aa"; did you mean "a"?',
    "steps[1].on_success": "a workflow with depends_on cannot jump",
    "steps[2].type": "branch belongs to sequences; a graph uses when",
  });
});

test("finally steps run one after the other: no jumps, no dependencies, no id twice", async () => {
  const found = await problems([log("a")], { finally: [log("a"), log("f", { depends_on: [], on_success: "a" })] });
  expect(found).toEqual({
    "finally[0].id": '"a" is already the id of steps[0]',
    "finally[1].depends_on": "finally steps run one after the other",
    "finally[1].on_success": "finally steps cannot jump",
  });
});

test("a type of other engines is refused with what to use instead", async () => {
  const judge = await aJudge();
  const [problem] = (await judge.check({ name: "w", steps: [{ id: "a", type: "media_ingest", config: {} }] })).errors;
  expect(problem).toMatchObject({ path: "steps[0].type", step_type: "media_ingest", hint: expect.any(String) });
});

test("configs are judged by their type, but not where a template will fill in", async () => {
  expect(
    await problems([
      { id: "a", type: "prompt", config: { template: 5, save_artefact: true } },
      { id: "b", type: "delay", config: { milliseconds: "{{ inputs.ms }}" } },
      { id: "c", type: "file_read", config: {} },
    ]),
  ).toEqual({
    "steps[0].config.template": expect.any(String),
    "steps[0].config.save_artefact": 'prompt has no field "save_artefact"; did you mean "save_artifact"?',
    "steps[2].config.path": expect.any(String),
  });
});

test("templates must parse wherever they stand", async () => {
  const found = await problems([
    { id: "a", type: "set", config: { values: { deep: ["{% if %}"] } } },
    log("b", { when: "inputs.n >" }),
  ]);
  expect(found).toEqual({
    "steps[0].config.values.deep[0]": expect.stringContaining("the template does not parse"),
    "steps[1].when": expect.stringContaining("the template does not parse"),
  });
});

test("a secret that would be stored in plain text is refused; a named one, and a field that only describes it, are not", async () => {
  const input_schema = { properties: { api_key: { type: "string" } } };
  const configs = [{ api_key: "sk-123" }, { api_key: "{{ secrets.key }}" }, { signing: { secret: "s" } }];
  const found = await problems(
    configs.map((config, index) => ({ id: `s${index}`, type: "set", config: { values: config } })),
    { input_schema },
  );
  expect(Object.keys(found)).toEqual(["steps[0].config.values.api_key", "steps[2].config.values.signing.secret"]);
});

test("a value of the wrong kind is told which kinds there are", async () => {
  expect(await problems([log("a", { when: 5, retry: "twice" })])).toEqual({
    "steps[0].when": "must be string or boolean",
    "steps[0].retry": expect.stringMatching(/^must be .*(int|number) or object$/),
  });
});

test("too much is refused by its size: of a definition, of a config, of the list of steps", async () => {
  const judge = await aJudge();
  const tooLarge = expect.objectContaining({ code: "definition_too_large" });
  const big = "x".repeat(DEFINITION_LIMITS.configBytes);
  await expect(judge.check({ name: "w", steps: [log("a", { config: { message: big } })] })).rejects.toThrow(tooLarge);
  const nine = Array.from({ length: 9 }, (_, index) => log(`s${index}`, { config: { message: big.slice(100) } }));
  await expect(judge.check({ name: "w", steps: nine })).rejects.toThrow(tooLarge);
  const many = Array.from({ length: DEFINITION_LIMITS.steps + 1 }, (_, index) => log(`s${index}`));
  expect(Object.keys(await problems(many))).toEqual(["steps"]);
});

test("repeating what acts outside is worth a warning, not an error", async () => {
  const judge = await aJudge();
  const checked = await judge.check({
    name: "w",
    steps: [{ id: "a", type: "http", config: { url: "https://example.com" } }],
  });
  expect(checked.errors).toEqual([]);
  expect(checked.warnings).toMatchObject([{ code: "unsafe_replay_step", step_id: "a" }]);
});

test("a schema that cannot be used is refused where it stands, in a person's words", async () => {
  const withInputs = (input_schema: Json) => problems([log("a")], { input_schema });
  const typo = await withInputs({ type: "object", properties: { n: { type: "objekt" } } });
  expect(typo["input_schema.properties.n.type"]).toContain("must be one of array, boolean");
  const pattern = await withInputs({ properties: { n: { type: "string", pattern: "[" } } });
  expect(pattern["input_schema.properties.n.pattern"]).toContain("is not a usable pattern");
  expect(Object.keys(await withInputs({ $ref: "#/$defs/none" }))).toEqual(["input_schema"]);
  const form = { id: "ask", type: "wait_for_human", config: { form_schema: { type: "objekt" } } };
  expect(Object.keys(await problems([form]))).toEqual(["steps[0].config.form_schema.type"]);
});

test.each([
  [{ $schema: "http://json-schema.org/draft-07/schema#", type: "object" }],
  [
    {
      $id: "https://example.test/w",
      properties: { pattern: { type: "string" }, default: { const: { pattern: "[" } } },
    },
  ],
])("a schema that can be used is no problem, however often it is asked about: %j", async (input_schema) => {
  const judge = await aJudge();
  for (const name of ["a", "b"]) {
    expect((await judge.check({ name, steps: [log("s")], input_schema })).errors).toEqual([]);
  }
});

test("a name that no template can ever find is refused when it is saved", async () => {
  const found = await problems(
    [
      log("first", { when: "nothere.ok" }),
      { id: "b", type: "prompt", config: { template: "{{ frist.text }}" } },
      { id: "c", type: "map", config: { items: [1], step: { type: "log", config: { message: "{{ itme }}" } } } },
    ],
    { outputs: { x: "{{ nowhere }}" } },
  );
  expect(found).toEqual({
    "steps[0].when": expect.stringContaining('there is no step or name "nothere"'),
    "steps[1].config.template": 'there is no step or name "frist"; did you mean "first"?',
    "steps[2].config.step.config.message": expect.stringContaining('there is no step or name "itme"'),
    "outputs.x": expect.stringContaining('there is no step or name "nowhere"'),
  });
});

test.each([
  "{{ nothere | default('x') }}",
  "{{ nothere.deep or 'x' }}",
  "{% if nothere is defined %}{{ nothere }}{% endif %}",
  "{% set x = 1 %}{{ x }}",
  "{% for k, v in inputs.all.items() if v %}{{ loop.index }}{{ k }}{% endfor %}",
  "{% macro m(a, b=2) %}{{ a }}{{ b }}{{ caller() }}{% endmacro %}{% call(z) m(1) %}{{ z }}{% endcall %}",
  "{% filter upper %}{{ last.text }}{% endfilter %}",
  "{{ inputs.list | selectattr('a', 'equalto', 1) | map(attribute='b') | join(', ') }}",
  "{{ range(3) | list }}{{ prev }}{{ item }}{{ index }}{{ run.id }}{{ run_id }}{{ secrets.a }}{{ now }}{{ own }}",
])("names that a template makes, brings or may miss are no problem: %s", async (template) => {
  expect(await problems([{ id: "a", type: "prompt", config: { template, variables: { own: 1 } } }])).toEqual({});
});

test("variables that come from a template may be called anything", async () => {
  const config = { template: "{{ any }}", variables: "{{ inputs.vars }}" };
  expect(await problems([{ id: "a", type: "prompt", config }])).toEqual({});
});

test.each([
  ["{{ ", "it ends in the middle of an expression"],
  ["{{ a[", "it ends in the middle of an expression"],
  ["{{ a", "it ends in the middle of an expression"],
  [`{{ ${"(".repeat(15_000)}1${")".repeat(15_000)} }}`, "it nests too deep"],
])("a template that stops short or goes too deep is told so in plain words", async (template, reason) => {
  const found = await problems([{ id: "a", type: "prompt", config: { template } }]);
  expect(found).toEqual({ "steps[0].config.template": `the template does not parse: ${reason}` });
});

test("every config that is too large is named", async () => {
  const config = { message: "x".repeat(DEFINITION_LIMITS.configBytes) };
  const judge = await aJudge();
  await expect(
    judge.check({ name: "w", steps: [log("a", { config }), log("b"), log("c", { config })] }),
  ).rejects.toMatchObject({
    code: "definition_too_large",
    extra: {
      problems: [
        { path: "steps[0].config", step_id: "a" },
        { path: "steps[2].config", step_id: "c" },
      ],
    },
  });
});
