/** What may be reached and what may not, and that every answer says why. */
import { describe, expect, test } from "vitest";
import { evaluateEgress, hostMatches, type Resolve } from "../../electron/net/egress-policy.ts";
import { type EgressSettings, egressSettings } from "../../electron/net/egress-settings.ts";

const PUBLIC = "93.184.216.34";
const toPublic: Resolve = async () => [PUBLIC];
const to =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses;

const judge = (
  url: string,
  env: Record<string, string> = {},
  resolve: Resolve = toPublic,
  more: Partial<EgressSettings> = {},
) => evaluateEgress(url, { ...egressSettings(env), ...more }, resolve);

test("an ordinary address is allowed, with each rule told and the addresses to connect to", async () => {
  const decision = await judge("https://example.com/path");
  expect(decision).toMatchObject({ allowed: true, reason_code: null, addresses: [PUBLIC] });
  expect(decision.rules.map((rule) => rule.rule)).toEqual([
    "url",
    "scheme",
    "userinfo",
    "port",
    "denylist",
    "allowlist",
    "resolve",
    "address",
  ]);
});

test.each([
  ["not a url", "invalid_url"],
  ["ftp://example.com/", "unsupported_scheme"],
  ["file:///etc/passwd", "unsupported_scheme"],
  ["https://me:secret@example.com/", "userinfo_not_allowed"],
  ["https://example.com:8443/", "port_not_allowed"],
])("%s is refused as %s", async (url, reason) => {
  expect(await judge(url)).toMatchObject({ allowed: false, reason_code: reason, addresses: [] });
});

test("a name that has no address is unresolved, not forbidden", async () => {
  expect(await judge("https://nowhere.test/", {}, to())).toMatchObject({ reason_code: "dns_unresolved" });
  const failing: Resolve = async () => Promise.reject(new Error("SERVFAIL"));
  expect(await judge("https://nowhere.test/", {}, failing)).toMatchObject({ reason_code: "dns_unresolved" });
});

describe("addresses inside this machine or its networks", () => {
  test.each([
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://10.1.2.3/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0.0.0.0/",
    "http://224.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b:1::808:808]/",
    "http://[2002:7f00:1::]/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
  ])("%s is forbidden", async (url) => {
    expect(await judge(url)).toMatchObject({ allowed: false, reason_code: "address_forbidden" });
  });

  test("one private answer among public ones is enough to refuse", async () => {
    expect(await judge("https://two-faced.test/", {}, to(PUBLIC, "10.0.0.1"))).toMatchObject({
      reason_code: "address_forbidden",
    });
  });

  test("public addresses in another notation are allowed", async () => {
    expect(
      await judge("https://v6.test/", {}, to("64:ff9b::808:808", "::ffff:8.8.8.8", "2606:4700::1111")),
    ).toMatchObject({ allowed: true });
  });

  test("with blocking off, local ones are allowed and the cloud's metadata address is still not", async () => {
    const off = { WORKFLOWS_EGRESS_BLOCK_PRIVATE: "false" };
    expect(await judge("http://127.0.0.1/", off)).toMatchObject({ allowed: true });
    expect(await judge("http://169.254.169.254/", off)).toMatchObject({ reason_code: "address_forbidden" });
  });

  test("a target named by host and port is allowed, on that port only", async () => {
    const named = { localTargets: ["127.0.0.1:11434"] };
    expect(await judge("http://127.0.0.1:11434/v1", {}, toPublic, named)).toMatchObject({
      allowed: true,
      addresses: ["127.0.0.1"],
    });
    expect(await judge("http://127.0.0.1:80/", {}, toPublic, named)).toMatchObject({
      reason_code: "address_forbidden",
    });
  });
});

describe("lists of hosts", () => {
  const env = {
    WORKFLOWS_WEBHOOK_ALLOWLIST: "*.good.test,one.example",
    WORKFLOWS_WEBHOOK_DENYLIST: "bad.test,*.evil.tld",
  };
  const settings = egressSettings(env, { purpose: "webhook" });

  test.each([
    ["https://a.good.test/", true],
    ["https://one.example/", true],
    ["https://bad.test/", false],
    ["https://x.evil.tld/", false],
    ["https://good.test/", false],
    ["https://elsewhere.test/", false],
  ])("%s: allowed is %s", async (url, allowed) => {
    expect((await evaluateEgress(url, settings, toPublic)).allowed).toBe(allowed);
  });

  test("webhook lists do not hold for steps", async () => {
    expect((await evaluateEgress("https://elsewhere.test/", egressSettings(env), toPublic)).allowed).toBe(true);
  });

  test("denial wins over allowance, from whichever list it comes", async () => {
    const decision = await judge("https://a.test/", {
      EGRESS_DENYLIST: "a.test",
      WORKFLOWS_EGRESS_ALLOWLIST: "a.test",
    });
    expect(decision.reason_code).toBe("host_denied");
  });

  test("two allow-lists must both allow", async () => {
    const both = { EGRESS_ALLOWLIST: "a.test,b.test", WORKFLOWS_EGRESS_ALLOWLIST: "b.test" };
    expect((await judge("https://a.test/", both)).reason_code).toBe("host_not_allowed");
    expect((await judge("https://b.test/", both)).allowed).toBe(true);
  });

  test("the strict profile needs a list", async () => {
    expect((await judge("https://a.test/", { WORKFLOWS_EGRESS_PROFILE: "strict" })).reason_code).toBe(
      "host_not_allowed",
    );
  });
});

test("a host entry covers subdomains, a wildcard only them, and a port narrows", () => {
  const target = { host: "api.example.com", port: "443" };
  expect(hostMatches("example.com", target)).toBe(true);
  expect(hostMatches("*.example.com", target)).toBe(true);
  expect(hostMatches("*.example.com", { host: "example.com", port: "443" })).toBe(false);
  expect(hostMatches("ample.com", target)).toBe(false);
  expect(hostMatches("example.com:8080", target)).toBe(false);
  expect(hostMatches("[::1]:443", { host: "[::1]", port: "443" })).toBe(true);
});

test("ports are those of the setting, as text", () => {
  expect(egressSettings({}).allowedPorts).toEqual(["80", "443", "8080"]);
  expect(egressSettings({ WORKFLOWS_EGRESS_ALLOWED_PORTS: "443, 9000" }).allowedPorts).toEqual(["443", "9000"]);
  expect(egressSettings({ WORKFLOWS_EGRESS_ALLOWED_PORTS: "*" }).allowedPorts).toBe("any");
});
