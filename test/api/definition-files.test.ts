/** Stories of definitions that come from elsewhere, go elsewhere, and are described to editors. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { PREFIX, startApi } from "./api-under-test.ts";

const yaml = `# Says hello
name: Hello / World
version: 1 # the first
steps:
  - id: hi
    type: prompt
    config: { template: Hi }
`;
const asYaml = { "content-type": "application/yaml" };

test("an imported definition gets the next free version, and keeps its text", async () => {
  const api = await startApi();
  const bring = () => api.ask(`${PREFIX}/import`, { method: "POST", headers: asYaml, body: yaml });
  expect(await bring()).toMatchObject({ status: 201, json: { version: 1, consent_required: [] } });
  const second = await bring();
  expect(second).toMatchObject({ status: 201, json: { name: "Hello / World", version: 2 } });

  const file = await api.ask(`${PREFIX}/${second.json.id}/export`);
  expect(file.headers["content-disposition"]).toBe('attachment; filename="Hello-World-v2.yaml"');
  expect(file.text).toContain("# Says hello");
  expect(parse(file.text)).toMatchObject({ version: 2, name: "Hello / World" });
  expect((await api.post(`${PREFIX}/import`, { name: "bad" })).status).toBe(422);
});

test("commands of an imported definition wait for consent", async () => {
  const api = await startApi();
  const definition = { name: "cmd", steps: [{ id: "s", type: "shell", config: { command: "echo hi" } }] };
  const { json } = await api.post(`${PREFIX}/import`, definition);
  expect(json.consent_required).toEqual(["echo hi"]);
  expect(await api.post(`${PREFIX}/${json.id}/run`, {})).toMatchObject({
    status: 409,
    json: { code: "consent_required", commands: ["echo hi"] },
  });
  await api.post(`${PREFIX}/${json.id}/consent`);
  expect((await api.post(`${PREFIX}/${json.id}/run`, {})).status).toBe(200);
});

test("what is exported can be imported again, in either format", async () => {
  const api = await startApi();
  const definition = { name: "round", tags: ["t"], steps: [{ id: "a", type: "log", config: { message: "m" } }] };
  const { json: saved } = await api.post(PREFIX, definition);
  const stored = (await api.ask(`${PREFIX}/${saved.id}`)).json.definition;
  for (const [format, headers] of [
    ["json", {}],
    ["yaml", asYaml],
  ] as const) {
    const { text } = await api.ask(`${PREFIX}/${saved.id}/export?format=${format}`);
    const { json: again } = await api.ask(`${PREFIX}/import`, { method: "POST", headers, body: text });
    const copy = (await api.ask(`${PREFIX}/${again.id}`)).json.definition;
    expect(copy).toEqual({ ...stored, version: again.version });
  }
  expect((await api.ask(`${PREFIX}/999/export`)).status).toBe(404);
});

test("the schema accepts every bundled template, and tells a wrong config from a right one", async () => {
  const api = await startApi();
  const { json: schema, status } = await api.ask(`${PREFIX}/definition-schema`);
  expect(status).toBe(200);
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  for (const { name } of (await api.ask(`${PREFIX}/templates`)).json) {
    const definition = (await api.ask(`${PREFIX}/templates/${name}`)).json;
    expect(validate(definition), `${name}: ${JSON.stringify(validate.errors?.slice(0, 3))}`).toBe(true);
  }
  const step = (type: string, config: object) => ({ name: "x", steps: [{ id: "a", type, config }] });
  expect(validate(step("delay", { milliseconds: 5 }))).toBe(true);
  expect(validate(step("delay", { milliseconds: "{{ inputs.ms }}" }))).toBe(true);
  expect(validate(step("delay", { milliseconds: "soon" }))).toBe(false);
  expect(validate(step("delays", {}))).toBe(false);
});

test("the example of every step type fits the schema", async () => {
  const api = await startApi();
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
    (await api.ask(`${PREFIX}/definition-schema`)).json,
  );
  for (const { name, example } of (await api.ask(`${PREFIX}/step-types`)).json) {
    const definition = { name: "x", steps: [{ id: "a", type: name, config: example }] };
    expect(validate(definition), `${name}: ${JSON.stringify(validate.errors?.slice(0, 2))}`).toBe(true);
  }
});
