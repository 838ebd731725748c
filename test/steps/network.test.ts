/** http and webhook against real servers on this machine. */
import { createHmac } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { type Asked, answerJson, type LocalServer, localServer } from "../support/local-server.ts";
import { OPEN_EGRESS, stepBench } from "../support/step-context.ts";

const bench = await stepBench();
const open: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(answer: Parameters<typeof localServer>[0]): Promise<LocalServer> {
  const server = await localServer(answer);
  open.push(server);
  return server;
}

test("webhook posts JSON with an idempotency key and gives the answer", async () => {
  const server = await serve((_, response) => answerJson(response, 201, { id: 7 }));
  const result = await bench.run("webhook", { url: server.url, headers: { "X-A": "1" }, body: { a: 1 } });
  expect(result).toMatchObject({
    status: "ok",
    outputs: { dispatched: true, status_code: 201, response_json: { id: 7 } },
  });
  expect(server.asked[0]).toMatchObject({
    method: "POST",
    body: '{"a":1}',
    headers: { "content-type": "application/json", "idempotency-key": "run-1:s1:1", "x-a": "1" },
  });
});

test("webhook without a body sends the outputs of the step before, and without a URL nothing", async () => {
  const server = await serve((_, response) => answerJson(response, 200, {}));
  await bench.run("webhook", { url: server.url }, { last: { text: "hi" } });
  expect(server.asked[0]?.body).toBe('{"text":"hi"}');
  expect(await bench.run("webhook", {})).toEqual({ status: "ok", outputs: { dispatched: true } });
});

test("webhook in test mode makes no call", async () => {
  const server = await serve((_, response) => answerJson(response, 200, {}));
  const result = await bench.run("webhook", { url: server.url, body: { a: 1 } }, { overrides: { testMode: true } });
  expect(result).toEqual({ status: "ok", outputs: { dispatched: false, test_mode: true } });
  expect(server.asked).toEqual([]);
});

test("http asks with GET, turns fields into a query, follows redirects and reads text", async () => {
  const server = await serve(({ path }, response) => {
    if (path.startsWith("/a")) response.writeHead(302, { location: "/end" }).end();
    else response.writeHead(200, { "content-type": "text/plain" }).end("hello");
  });
  const result = await bench.run("http", {
    url: `${server.url}/a`,
    body: { q: "x y", n: 1 },
    save_response_body: true,
  });
  expect(result).toMatchObject({ outputs: { status_code: 200, response_text: "hello" } });
  expect(server.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /a?q=x+y&n=1", "GET /end"]);
  expect(bench.artifacts.at(-1)).toEqual({ name: "response.txt", mimeType: "text/plain", text: "hello" });
});

test.each([
  [400, false],
  [404, false],
  [408, true],
  [425, true],
  [429, true],
  [500, true],
  [503, true],
])("an answer of %i fails, and is worth another try: %s", async (status, retryable) => {
  const server = await serve((_, response) => answerJson(response, status, { why: "x" }, { "retry-after": "3" }));
  expect(await bench.run("webhook", { url: server.url, body: {} })).toMatchObject({
    status: "failed",
    failure: { code: "http_error", retryable, retry_after_ms: 3000 },
    outputs: { error: "http_error", status_code: status, response_json: { why: "x" } },
  });
});

test("a blocked address is refused for good, with the policy's reason", async () => {
  const closed = await stepBench({ egress: { ...OPEN_EGRESS, blockPrivate: true } });
  expect(await closed.run("webhook", { url: "http://127.0.0.1:8080/", body: {} })).toMatchObject({
    failure: { code: "blocked_egress", retryable: false },
    outputs: { dispatched: false, error: "blocked_egress", reason: "address_forbidden" },
  });
  const config = { url: "http://127.0.0.1:8080/", egress_policy: { denylist: ["127.0.0.1"] } };
  expect(await bench.run("http", config)).toMatchObject({ outputs: { reason: "host_denied" } });
});

test("a timeout is told apart in the words that clients know", async () => {
  const server = await serve(() => {});
  expect(await bench.run("webhook", { url: server.url, body: {}, timeout_seconds: 0.05 })).toMatchObject({
    failure: { code: "timeout", retryable: true },
    outputs: { dispatched: false, error: "Workflow webhook dispatch timed out" },
  });
});

test("a cancelled request is cancelled, not failed", async () => {
  const server = await serve(() => {});
  expect(await bench.run("http", { url: server.url }, { signal: AbortSignal.abort() })).toEqual({
    status: "cancelled",
  });
});

test("signing covers the time and the body with a named secret", async () => {
  const server = await serve((_, response) => answerJson(response, 200, {}));
  const config = { url: server.url, body: { a: 1 }, signing: { type: "hmac-sha256", secret_ref: "hook" } };
  await bench.run("webhook", config, { scope: { secrets: { hook: "s3cret" } } });
  const { headers, body } = server.asked[0] as Asked;
  const expected = createHmac("sha256", "s3cret").update(`${headers["x-signature-timestamp"]}.${body}`).digest("hex");
  expect(headers["x-workflows-signature"]).toBe(expected);
  expect(headers["x-hub-signature-256"]).toBe(`sha256=${expected}`);
});
