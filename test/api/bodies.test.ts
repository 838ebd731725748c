import { request } from "node:http";
import { expect, test } from "vitest";
import { BODY_LIMIT } from "../../electron/api/guard.ts";
import { type ApiUnderTest, PREFIX, startApi, TOKEN } from "./api-under-test.ts";

const AD_HOC = `${PREFIX}/run?mode=sync`;
const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;

test("text that is not JSON, or nothing where a body is needed, is a 400", async () => {
  const api = await startApi();
  for (const body of ["{", "", "{'a':1}", "\u0000"]) {
    expect(await api.ask(AD_HOC, { method: "POST", body }), body).toMatchObject({
      status: 400,
      json: { code: "invalid_json" },
    });
  }
});

test("values that nest too deep or reach for a prototype are refused before anybody uses them", async () => {
  const api = await startApi();
  const bodies = [
    `{"definition":${nested(64)}}`,
    `{"inputs":${nested(100_000)}}`,
    '{"inputs":{"__proto__":{"admin":true}}}',
    '{"inputs":{"a":[{"constructor":{"prototype":{}}}]}}',
  ];
  for (const body of bodies) {
    const answer = await api.ask(AD_HOC, { method: "POST", body });
    expect(answer, body.slice(0, 60)).toMatchObject({ status: 422, json: { code: "validation_error" } });
  }
  expect(({} as Record<string, unknown>).admin).toBeUndefined();
  const pollution = await api.ask(AD_HOC, { method: "POST", body: bodies[3] });
  expect(pollution.json.detail).toMatchObject([{ path: "inputs.a[0].constructor.prototype" }]);
});

test("all that is wrong with a request is listed at once, each with its path", async () => {
  const api = await startApi();
  const answer = await api.post(`${PREFIX}/nonsense/run`, { priority: 1000, validation_mode: "maybe", inputs: [] });
  expect(answer.status).toBe(422);
  expect(answer.json.detail.map((problem: { path: string }) => problem.path)).toEqual([
    "workflow_id",
    "inputs",
    "validation_mode",
    "priority",
  ]);
});

test("a body over 32 MB is refused by its announced length, and by count when it announces none", async () => {
  const api = await startApi();
  const announced = await api.ask(PREFIX, {
    method: "POST",
    headers: { "content-type": "application/json", "content-length": String(BODY_LIMIT + 1) },
    body: "{}",
  });
  expect(announced).toMatchObject({ status: 413, json: { code: "body_too_large" } });
  expect(await statusOfUnannounced(api)).toBe(413);
  expect(await api.ask(`${PREFIX}/runs`)).toMatchObject({ status: 200 });
});

/** Sends 33 MB in chunks, as a client does that does not know its length beforehand. */
function statusOfUnannounced({ port }: ApiUnderTest): Promise<number | undefined> {
  const chunk = Buffer.alloc(1024 * 1024, " ");
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const sent = request({ host: "127.0.0.1", port, path: PREFIX, method: "POST", headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.on("error", reject);
    for (let count = 0; count < 33; count++) sent.write(chunk);
    sent.end();
  });
}

test("a definition may be written in YAML and keeps its text; nothing else may", async () => {
  const api = await startApi();
  const yaml = "# my first\nname: greet\nsteps:\n  - { id: a, type: prompt, config: { template: Hi } }\n";
  const asYaml = { method: "POST", headers: { "content-type": "application/yaml" } };
  const saved = await api.ask(PREFIX, { ...asYaml, body: yaml });
  expect(saved).toMatchObject({ status: 201, json: { name: "greet", version: 1, is_active: true } });
  expect((await api.ask(`${PREFIX}/${saved.json.id}`)).json).toMatchObject({
    source: yaml,
    definition: { name: "greet" },
  });

  expect(await api.ask(PREFIX, { ...asYaml, body: "a: [" })).toMatchObject({ status: 400 });
  expect(await api.ask(PREFIX, { ...asYaml, body: "just words" })).toMatchObject({ status: 422 });
  expect(await api.ask(AD_HOC, { ...asYaml, body: "definition: {}" })).toMatchObject({ status: 415 });
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh".replace(/./g, (name, index: number) => {
    const before = "abcdefg"[index];
    return `${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]\n`;
  })}`;
  expect(await api.ask(PREFIX, { ...asYaml, body: bomb })).toMatchObject({
    status: 400,
    json: { code: "invalid_json" },
  });
});
