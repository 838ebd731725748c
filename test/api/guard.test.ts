import { connect } from "node:net";
import { expect, test } from "vitest";
import { type ApiUnderTest, PREFIX, startApi, TOKEN } from "./api-under-test.ts";

const RUNS = `${PREFIX}/runs`;

test("only our own host name is answered, so a rebound domain gets nothing", async () => {
  const api = await startApi();
  for (const host of ["evil.test", `evil.test:${api.port}`, `0.0.0.0:${api.port}`, "127.0.0.1", `[::1]:${api.port}`]) {
    expect(await api.ask(RUNS, { headers: { host } }), host).toMatchObject({
      status: 421,
      json: { code: "misdirected" },
    });
  }
  for (const host of [`localhost:${api.port}`, `LOCALHOST:${api.port}`, `127.0.0.1:${api.port}`]) {
    expect(await api.ask(RUNS, { headers: { host } }), host).toMatchObject({ status: 200 });
  }
});

test("another page's requests are refused, with the right token and for health too", async () => {
  const api = await startApi();
  const strangers = [
    { origin: "http://evil.test" },
    { origin: "null" },
    { origin: `https://127.0.0.1:${api.port}` },
    { origin: `http://127.0.0.1:${api.port + 1}` },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of strangers) {
    for (const path of [RUNS, "/healthz", "/"]) {
      const answer = await api.ask(path, { headers });
      expect(answer, `${path} ${JSON.stringify(headers)}`).toMatchObject({
        status: 403,
        json: { code: "forbidden_origin" },
      });
    }
  }
  for (const headers of [{ origin: api.url }, { "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }]) {
    expect(await api.ask(RUNS, { headers })).toMatchObject({ status: 200 });
  }
});

test("nothing but the page and bare health is told without a valid token", async () => {
  const api = await startApi();
  const wrong = [
    {},
    { authorization: `Bearer ${TOKEN}x` },
    { authorization: "Bearer " },
    { authorization: `Basic ${TOKEN}` },
    { "x-api-key": TOKEN.slice(1) },
  ];
  for (const headers of wrong) {
    for (const path of [RUNS, "/api/v1/openapi.json", "/api/v1/docs", "/api/v1/nowhere", "/api", "/metrics"]) {
      const answer = await api.ask(path, { headers, anonymous: true });
      expect(answer, `${path} ${JSON.stringify(headers)}`).toMatchObject({
        status: 401,
        json: { code: "unauthorized" },
      });
    }
  }
  expect(await api.ask(RUNS, { anonymous: true, headers: { "x-api-key": TOKEN } })).toMatchObject({ status: 200 });
  expect(await api.ask(RUNS, { anonymous: true, headers: { authorization: `bearer ${TOKEN}` } })).toMatchObject({
    status: 200,
  });
  expect(await api.ask("/", { anonymous: true, headers: { accept: "text/html" } })).toMatchObject({ status: 200 });
});

test("health tells its details only to those who bring the token", async () => {
  const api = await startApi();
  for (const prefix of ["", "/api/v1"]) {
    expect((await api.ask(`${prefix}/healthz`, { anonymous: true })).json).toEqual({ status: "ok" });
    expect((await api.ask(`${prefix}/readyz`, { anonymous: true })).json).toEqual({ ready: true, status: "ready" });
    expect((await api.ask(`${prefix}/healthz`)).json).toMatchObject({ status: "ok", queue_depth: 0 });
    expect((await api.ask(`${prefix}/readyz`)).json).toMatchObject({
      ready: true,
      db: { ok: true, schema_version: 3, expected_version: 3 },
      data_dir: api.folder,
      engine: { safe_mode: false },
    });
  }
});

test("encoded separators, dot segments and stray forms of a path end before routing", async () => {
  const api = await startApi();
  const paths = [
    `${PREFIX}/templates/../../etc/passwd`,
    `${PREFIX}/templates/%2e%2e/x`,
    `${PREFIX}/templates/.%2E`,
    `${PREFIX}/templates/..%2f..%2fetc`,
    `${PREFIX}/templates/..%5Cx`,
    `${PREFIX}/templates/a\\b`,
    `${PREFIX}/templates/%00`,
    `${PREFIX}/templates/%zz`,
    "/api/v1//workflows",
    "//evil.test/",
  ];
  for (const path of paths) {
    expect(await api.ask(path), path).toMatchObject({ status: 400, json: { code: "invalid_path" } });
  }
  expect(await api.ask(`${PREFIX}/templates/a.b..c%20d`)).toMatchObject({ status: 404 });
});

test("a form of another page cannot write, whatever it sends", async () => {
  const api = await startApi();
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]) {
    const answer = await api.ask(PREFIX, { method: "POST", body: "{}", headers: { "content-type": type } });
    expect(answer, type).toMatchObject({ status: 415, json: { code: "unsupported_media_type" } });
  }
});

test("every answer carries the headers that keep it at home, and none that opens it to others", async () => {
  const api = await startApi();
  const answers = await Promise.all([
    api.ask(RUNS),
    api.ask(`${RUNS}/none`),
    api.ask(RUNS, { anonymous: true }),
    api.ask(RUNS, { method: "OPTIONS", headers: { origin: api.url } }),
    api.ask("/", { headers: { accept: "text/html" } }),
  ]);
  for (const { headers } of answers) {
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
    });
    expect(Object.keys(headers).filter((name) => /^access-control|^set-cookie$/.test(name))).toEqual([]);
  }
});

test("a request without a host, in absolute form, or with huge headers is refused by hand-written bytes as well", async () => {
  const api = await startApi();
  const auth = `Authorization: Bearer ${TOKEN}\r\n`;
  expect(await rawStatus(api, `GET ${RUNS} HTTP/1.0\r\n${auth}\r\n`)).toBe(421);
  expect(await rawStatus(api, `GET http://evil.test/ HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\n${auth}\r\n`)).toBe(
    400,
  );
  expect(
    await rawStatus(api, `GET ${RUNS} HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nX: ${"x".repeat(20_000)}\r\n\r\n`),
  ).toBe(431);
});

function rawStatus({ port }: ApiUnderTest, bytes: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.once("error", reject);
    socket.once("data", (data) => {
      socket.destroy();
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1]));
    });
  });
}
