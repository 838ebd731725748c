import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Endpoint } from "../../shared/api/endpoint.ts";
import { ROUTES } from "../../shared/api/routes.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { PREFIX, startApi } from "./api-under-test.ts";

/** Every parameter filled in with something that does not exist. */
const somePath = ({ path }: Endpoint): string => path.replace(/\{\w+\}/g, "999999");

test("every route of the contract is there, and every route there is stands in the document", async () => {
  const api = await startApi();
  const { json: document, status } = await api.ask("/api/v1/openapi.json");
  expect(status).toBe(200);
  expect(document).toMatchObject({ openapi: "3.1.0", info: { title: "Workflows" } });
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());

  for (const route of ROUTES) {
    if (route.contentType === "text/event-stream" && !route.path.includes("{")) continue;
    const answer = await api.ask(somePath(route), { method: route.method });
    const unexpected = ["method_not_allowed", "internal_error", route.path.endsWith("/tasks/{id}") ? "" : "not_found"];
    expect(unexpected, `${route.method} ${route.path}`).not.toContain(answer.json?.code);
  }
});

test("the document describes parameters, bodies, answers and errors", async () => {
  const api = await startApi();
  const { paths } = (await api.ask("/api/v1/openapi.json")).json;
  const list = paths[`${PREFIX}/runs`].get;
  expect(list.parameters).toContainEqual(
    expect.objectContaining({
      name: "status",
      in: "query",
      required: false,
      schema: expect.objectContaining({ type: "array" }),
    }),
  );
  expect(list.parameters.find(({ name }: { name: string }) => name === "limit").schema).toMatchObject({ default: 50 });
  const start = paths[`${PREFIX}/{workflow_id}/run`].post;
  expect(start.parameters).toContainEqual(expect.objectContaining({ name: "workflow_id", in: "path", required: true }));
  expect(start.requestBody.content["application/json"].schema.properties).toHaveProperty("idempotency_key");
  expect(start.responses["409"].description).toContain("consent_required");
  expect(Object.keys(paths[PREFIX].post.requestBody.content)).toContain("application/yaml");
});

test("the docs are one page without script that shows every path", async () => {
  const api = await startApi();
  const { text, headers } = await api.ask("/api/v1/docs");
  for (const { path } of ROUTES) expect(text).toContain(`<code>${path}</code>`);
  expect(text).not.toMatch(/<script|https?:\/\//);
  const nonce = /<style nonce="([\w-]+)">/.exec(text)?.[1];
  expect(headers["content-security-policy"]).toContain(`'nonce-${nonce}'`);
});

test("a fixed path is never taken for a parameter", async () => {
  const api = await startApi();
  expect((await api.ask(`${PREFIX}/runs/counts`)).json).toEqual({ counts: {}, total: 0 });
  expect((await api.ask(`${PREFIX}/templates/tags`)).json).toBeInstanceOf(Array);
  expect((await api.ask(`${PREFIX}/step-types`)).json).toContainEqual(expect.objectContaining({ name: "prompt" }));
  expect((await api.ask(`${PREFIX}/approvals`)).json).toEqual({ approvals: [] });
  expect((await api.ask(`${PREFIX}/`)).json).toEqual([]);
});

test("unknown paths and wrong methods say so", async () => {
  const api = await startApi();
  expect(await api.ask("/api/v1/nowhere")).toMatchObject({ status: 404, json: { code: "not_found" } });
  expect(await api.ask(`${PREFIX}/runs/counts`, { method: "PUT" })).toMatchObject({
    status: 405,
    json: { code: "method_not_allowed", hint: expect.stringContaining("GET") },
  });
});

test("safe mode answers every question and refuses every change", async () => {
  const api = await startApi({ safeMode: true });
  for (const route of ROUTES.filter(({ readOnly }) => !readOnly)) {
    const answer = await api.ask(somePath(route), { method: route.method });
    expect(answer, `${route.method} ${route.path}`).toMatchObject({ status: 503, json: { code: "safe_mode" } });
  }
  expect(await api.ask(`${PREFIX}/runs`)).toMatchObject({ status: 200 });
  expect(await api.post(`${PREFIX}/preflight`, { definition: {} })).toMatchObject({
    status: 200,
    json: { valid: false },
  });
  expect(await api.post("/api/v1/tickets", { path: "/api/v1/docs" })).toMatchObject({ status: 200 });
});

test("the page is served with a fresh nonce at every path of its own, its files by their hash for good", async () => {
  const folder = await tempFolder();
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), '<meta name="csp-nonce" content="__CSP_NONCE__">');
  await writeFile(join(folder, "assets", "main-B7sk_29x.js"), "export {};");
  await writeFile(join(folder, "icon.svg"), "<svg/>");
  const api = await startApi({ rendererDir: folder });
  const visit = (path: string) => api.ask(path, { anonymous: true, headers: { accept: "text/html,*/*" } });

  const pages = [await visit("/"), await visit("/runs/some-run"), await visit("/index.html")];
  const nonces = pages.map(({ text }) => /content="([\w-]{20,})"/.exec(text)?.[1]);
  expect(new Set(nonces).size).toBe(3);
  pages.forEach(({ headers }, index) => {
    const policy = headers["content-security-policy"];
    expect(policy).toContain(`style-src 'self' 'nonce-${nonces[index]}'`);
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain("unsafe");
    expect(headers["cache-control"]).toBe("no-store");
  });

  expect(await api.ask("/assets/main-B7sk_29x.js", { anonymous: true })).toMatchObject({
    status: 200,
    headers: {
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": expect.stringContaining("immutable"),
    },
  });
  expect((await api.ask("/icon.svg", { anonymous: true })).headers["cache-control"]).toBe("no-cache");
  expect(await api.ask("/assets/gone-12345678.js", { anonymous: true })).toMatchObject({ status: 404 });
});
