/** What the policy says of targets that are not HTTP, and an answer's body heard on its way. */
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { evaluateTarget } from "../../electron/net/egress-policy.ts";
import { DEFAULT_PORTS, type EgressSettings, withHomePorts } from "../../electron/net/egress-settings.ts";
import { createUndiciSender } from "../../electron/net/undici-sender.ts";
import { type LocalServer, localServer } from "../support/local-server.ts";
import { OPEN_EGRESS } from "../support/step-context.ts";

const STANDARD: EgressSettings = { ...OPEN_EGRESS, allowedPorts: DEFAULT_PORTS, blockPrivate: true };
const MAIL = [465, 587];
const toPublic = async () => ["93.184.215.14"];

describe("a host and a port", () => {
  test("are judged by the same rules as a URL", async () => {
    const mail = withHomePorts(STANDARD, MAIL);
    expect(await evaluateTarget({ host: "smtp.example.com", port: 587 }, mail, toPublic)).toMatchObject({
      allowed: true,
      addresses: ["93.184.215.14"],
    });
    const refused = async (host: string, port: number, settings = mail, resolve = toPublic) =>
      (await evaluateTarget({ host, port }, settings, resolve)).reason_code;
    expect(await refused("smtp.example.com", 2525)).toBe("port_not_allowed");
    expect(await refused("10.0.0.1", 587)).toBe("address_forbidden");
    expect(await refused("::1", 587)).toBe("address_forbidden");
    // Another way to write 127.0.0.1.
    expect(await refused("2130706433", 587)).toBe("address_forbidden");
    expect(await refused("smtp.example.com", 587, mail, async () => ["192.168.0.9"])).toBe("address_forbidden");
    expect(await refused("smtp.example.com", 587, mail, async () => [])).toBe("dns_unresolved");
    const denying = { ...mail, lists: [{ source: "test", allow: [], deny: ["example.com"] }] };
    expect(await refused("smtp.example.com", 587, denying)).toBe("host_denied");
  });

  test.each(["", "a b", "user@host", "host/path", "host:25", "host?x"])("%j is no host", async (host) => {
    expect(await evaluateTarget({ host, port: 587 }, OPEN_EGRESS, toPublic)).toMatchObject({
      reason_code: "invalid_url",
    });
  });

  test("a local one that is named in the settings is open, port and all", async () => {
    const named = { ...STANDARD, localTargets: ["127.0.0.1:2525"] };
    expect(await evaluateTarget({ host: "127.0.0.1", port: 2525 }, named, toPublic)).toMatchObject({ allowed: true });
    expect(await evaluateTarget({ host: "127.0.0.1", port: 2526 }, named, toPublic)).toMatchObject({ allowed: false });
  });

  test("home ports are open beside the usual ones, and never beside ports that a person has set", () => {
    expect(withHomePorts(STANDARD, MAIL).allowedPorts).toEqual(["80", "443", "8080", "465", "587"]);
    expect(withHomePorts({ ...STANDARD, allowedPorts: ["443"] }, MAIL).allowedPorts).toEqual(["443"]);
    expect(withHomePorts({ ...STANDARD, allowedPorts: "any" }, MAIL).allowedPorts).toBe("any");
  });

  test("the sender gives vetted addresses, or says why not", async () => {
    const sender = createUndiciSender({ settings: () => STANDARD, resolve: toPublic });
    expect(await sender.vet({ host: "smtp.example.com", port: 587, homePorts: MAIL })).toEqual(["93.184.215.14"]);
    await expect(sender.vet({ host: "smtp.example.com", port: 587 })).rejects.toMatchObject({
      code: "blocked_egress",
      reason: "port_not_allowed",
    });
    const away = createUndiciSender({ settings: () => STANDARD, resolve: async () => [] });
    await expect(away.vet({ host: "smtp.example.com", port: 443 })).rejects.toMatchObject({ code: "offline" });
    const never = createUndiciSender({ settings: () => STANDARD, resolve: () => new Promise(() => {}) });
    const cancelled = never.vet({ host: "smtp.example.com", port: 443, signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("a body heard on its way", () => {
  const open: LocalServer[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });

  const hearing = (url: string, onChunk: (text: string, status: number) => void, maxBytes = 10_000) =>
    createUndiciSender({ settings: () => OPEN_EGRESS }).send({
      url,
      method: "GET",
      headers: {},
      timeoutMs: 5000,
      maxBytes,
      maxRedirects: 3,
      onChunk: (chunk, { status }) => onChunk(Buffer.from(chunk).toString(), status),
    });

  test("comes piece by piece before the end, and whole at the end", async () => {
    const heardFirst = Promise.withResolvers<void>();
    const server = await localServer(async (_, response) => {
      response.writeHead(206).write("one ");
      await heardFirst.promise;
      response.end("two");
    });
    open.push(server);
    const heard: string[] = [];
    const response = await hearing(server.url, (text, status) => {
      heard.push(`${status} ${text}`);
      heardFirst.resolve();
    });
    expect(heard).toEqual(["206 one ", "206 two"]);
    expect(Buffer.from(response.body).toString()).toBe("one two");
  });

  test("is not heard of a redirect nor when it is packed, and the cap holds", async () => {
    const server = await localServer(({ path }, response) => {
      if (path === "/from") response.writeHead(302, { location: "/to" }).end("moved");
      else if (path === "/packed") response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("packed"));
      else response.end("x".repeat(100));
    });
    open.push(server);
    const heard: string[] = [];
    const hear = (text: string) => void heard.push(text);
    await hearing(`${server.url}/from`, hear);
    expect(heard.join("")).toBe("x".repeat(100));
    const packed = await hearing(`${server.url}/packed`, hear);
    expect([heard.join("").length, Buffer.from(packed.body).toString()]).toEqual([100, "packed"]);
    await expect(hearing(`${server.url}/to`, hear, 50)).rejects.toMatchObject({ code: "response_too_large" });
    expect(heard.join("").length).toBe(100);
  });
});
