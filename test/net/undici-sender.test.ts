/** The sender against real servers on this machine: caps, redirects, and that a vetted address is the one connected to. */
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import type { EgressSettings } from "../../electron/net/egress-settings.ts";
import type { HttpRequest } from "../../electron/net/http-sender.ts";
import { createUndiciSender } from "../../electron/net/undici-sender.ts";
import { type Asked, answerJson, type LocalServer, localServer } from "../support/local-server.ts";
import { OPEN_EGRESS } from "../support/step-context.ts";

const open: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(answer: Parameters<typeof localServer>[0]): Promise<LocalServer> {
  const server = await localServer(answer);
  open.push(server);
  return server;
}

const send = (
  request: Partial<HttpRequest> & { url: string },
  settings: EgressSettings = OPEN_EGRESS,
  resolve = async () => ["127.0.0.1"],
) =>
  createUndiciSender({ settings: () => settings, resolve }).send({
    method: "GET",
    headers: {},
    timeoutMs: 5000,
    maxBytes: 10_000,
    maxRedirects: 5,
    ...request,
  });

test("sends method, headers and body, and gives back any answer", async () => {
  const server = await serve((_, response) => answerJson(response, 404, { gone: true }));
  const response = await send({ url: `${server.url}/x?y=1`, method: "PUT", headers: { "X-One": "1" }, body: "hello" });
  expect(response.status).toBe(404);
  expect(Buffer.from(response.body).toString()).toBe('{"gone":true}');
  expect(server.asked[0]).toMatchObject({ method: "PUT", path: "/x?y=1", body: "hello", headers: { "x-one": "1" } });
});

test("connects to the vetted address, whatever the name would resolve to later", async () => {
  const server = await serve((_, response) => answerJson(response, 200, {}));
  const response = await send({ url: `http://no-such-name.invalid:${server.port}/` });
  expect(response.status).toBe(200);
  expect(server.asked[0]?.headers.host).toBe(`no-such-name.invalid:${server.port}`);
});

test("a refused address is not asked", async () => {
  const server = await serve((_, response) => answerJson(response, 200, {}));
  await expect(send({ url: server.url }, { ...OPEN_EGRESS, blockPrivate: true })).rejects.toMatchObject({
    code: "blocked_egress",
    reason: "address_forbidden",
  });
  await expect(send({ url: server.url, policy: { denylist: ["127.0.0.1"] } })).rejects.toMatchObject({
    reason: "host_denied",
  });
  await expect(send({ url: server.url, policy: { blockPrivate: true } })).rejects.toMatchObject({
    reason: "address_forbidden",
  });
  expect(server.asked).toEqual([]);
});

test("an unknown name is offline", async () => {
  await expect(send({ url: "https://nowhere.test/" }, OPEN_EGRESS, async () => [])).rejects.toMatchObject({
    code: "offline",
  });
});

test("a redirect to another origin carries no credentials; one on the same origin does", async () => {
  const other = await serve((_, response) => answerJson(response, 200, { here: true }));
  const first = await serve(({ path }, response) => {
    response.writeHead(302, { location: path === "/a" ? "/b" : `${other.url}/end` });
    response.end();
  });
  const secret = { Authorization: "Bearer abc", "X-My-Key": "k", Accept: "text/plain" };
  const response = await send({ url: `${first.url}/a`, headers: secret });
  expect(response.url).toBe(`${other.url}/end`);
  expect(first.asked[1]?.headers).toMatchObject({ authorization: "Bearer abc", "x-my-key": "k" });
  const arrived = other.asked[0] as Asked;
  expect(arrived.headers.authorization).toBeUndefined();
  expect(arrived.headers["x-my-key"]).toBeUndefined();
  expect(arrived.headers.accept).toBe("text/plain");
});

test("a redirect into a forbidden place is refused", async () => {
  const server = await serve((_, response) => {
    response.writeHead(307, { location: "http://169.254.169.254/" });
    response.end();
  });
  await expect(send({ url: server.url })).rejects.toMatchObject({
    code: "blocked_egress",
    reason: "address_forbidden",
  });
});

test("a posted body is not posted again after 303, and is after 307", async () => {
  const server = await serve(({ path }, response) => {
    if (path === "/end") return answerJson(response, 200, {});
    response.writeHead(Number(path.slice(1)), { location: "/end" });
    response.end();
  });
  await send({ url: `${server.url}/303`, method: "POST", body: "x" });
  await send({ url: `${server.url}/307`, method: "POST", body: "x" });
  expect(server.asked.filter(({ path }) => path === "/end").map(({ method, body }) => [method, body])).toEqual([
    ["GET", ""],
    ["POST", "x"],
  ]);
});

test("redirects are counted, and with none allowed the redirect itself is the answer", async () => {
  const server = await serve((_, response) => {
    response.writeHead(302, { location: "/again" });
    response.end();
  });
  await expect(send({ url: server.url, maxRedirects: 2 })).rejects.toMatchObject({ code: "redirects_exceeded" });
  expect(server.asked).toHaveLength(3);
  expect((await send({ url: server.url, maxRedirects: 0 })).status).toBe(302);
});

test("an answer beyond the cap is refused, also when it only grows on unpacking", async () => {
  const big = Buffer.alloc(50_000, "a");
  const server = await serve(({ path }, response) => {
    response.writeHead(200, path === "/packed" ? { "content-encoding": "gzip" } : {});
    response.end(path === "/packed" ? gzipSync(big) : big);
  });
  await expect(send({ url: server.url })).rejects.toMatchObject({ code: "response_too_large" });
  await expect(send({ url: `${server.url}/packed` })).rejects.toMatchObject({ code: "response_too_large" });
  expect((await send({ url: `${server.url}/packed`, maxBytes: 60_000 })).body.byteLength).toBe(50_000);
});

test("a server that never answers is a timeout, and a cancelled request says so", async () => {
  const asked = Promise.withResolvers<void>();
  const server = await serve(() => asked.resolve());
  await expect(send({ url: server.url, timeoutMs: 50 })).rejects.toMatchObject({ code: "timeout" });
  const cancel = new AbortController();
  const sending = send({ url: server.url, signal: cancel.signal });
  await asked.promise;
  cancel.abort();
  await expect(sending).rejects.toMatchObject({ code: "cancelled" });
});

test("nobody listening is an error that may pass", async () => {
  const server = await serve(() => {});
  await server.close();
  await expect(send({ url: server.url })).rejects.toMatchObject({ code: "http_error" });
});

test("a refusal names what was refused, and the setting or the mistake to look at", async () => {
  await expect(send({ url: "file:///etc/passwd" })).rejects.toMatchObject({
    message: expect.stringMatching(/^The request to the file: URL was not sent\. file is not http/),
    hint: expect.stringContaining("http or https"),
  });
  await expect(send({ url: "http://127.0.0.1:9/" }, { ...OPEN_EGRESS, blockPrivate: true })).rejects.toMatchObject({
    hint: expect.stringContaining("WORKFLOWS_EGRESS_BLOCK_PRIVATE"),
  });
  await expect(send({ url: "http://127.0.0.1:9/" }, { ...OPEN_EGRESS, allowedPorts: ["80"] })).rejects.toMatchObject({
    hint: expect.stringContaining("WORKFLOWS_EGRESS_ALLOWED_PORTS"),
  });
  await expect(send({ url: "http://a.test/", policy: { allowlist: ["b.test"] } })).rejects.toMatchObject({
    hint: expect.stringContaining("WORKFLOWS_EGRESS_ALLOWLIST"),
  });
});
