/** Environment variables: what counts as yes, what happens to nonsense, and which defaults hold. */
import { describe, expect, test } from "vitest";
import { readSettings } from "../../electron/host/config.ts";

test("an empty environment gives the defaults, without a word", () => {
  const { settings, apiToken, databaseUrl, warnings } = readSettings({});
  expect(warnings).toEqual([]);
  expect({ apiToken, databaseUrl }).toEqual({ apiToken: null, databaseUrl: null });
  expect(settings).toMatchObject({
    tenantConcurrency: 8,
    workflowConcurrency: 4,
    runTimeoutSec: 3300,
    idempotencyTtlHours: 24,
    backoffCapSeconds: 8,
    adhocDisabled: false,
    synchronous: "FULL",
    artifacts: { validateStrict: true, maxDownloadBytes: 10_485_760, allowedMime: null },
    egress: { blockPrivate: true, lists: [], allowedPorts: ["80", "443", "8080"] },
  });
});

test.each([
  ["1", true],
  ["TRUE", true],
  ["Yes", true],
  [" on ", true],
  ["0", false],
  ["false", false],
  ["No", false],
  ["OFF", false],
])("a flag of %j counts as %s", (value, expected) => {
  const { settings, warnings } = readSettings({ WORKFLOWS_DISABLE_ADHOC: value });
  expect(settings.adhocDisabled).toBe(expected);
  expect(warnings).toEqual([]);
});

test("settings can be posted to a thread", () => {
  const { settings } = readSettings({ WORKFLOWS_EGRESS_ALLOWED_PORTS: "any" });
  expect(structuredClone(settings)).toEqual(settings);
});

describe("nonsense falls back to the default and is named", () => {
  test.each([
    ["WORKFLOWS_TENANT_CONCURRENCY", "0"],
    ["WORKFLOWS_RUN_TIMEOUT_SEC", "soon"],
    ["WORKFLOWS_ARTIFACT_MAX_DOWNLOAD_BYTES", "10 MB"],
    ["WORKFLOWS_EGRESS_BLOCK_PRIVATE", "maybe"],
    ["WORKFLOWS_SYNCHRONOUS", "OFF"],
    ["WORKFLOWS_EGRESS_ALLOWED_PORTS", "443, https"],
    ["WORKFLOWS_FILE_BASE_DIR", "relative/folder"],
    ["WORKFLOWS_API_TOKEN", "two words"],
  ])("%s=%s", (name, value) => {
    const { settings, apiToken, warnings } = readSettings({ [name]: value });
    expect(settings).toEqual(readSettings({}).settings);
    expect(apiToken).toBeNull();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(name);
  });
});

test("a token that cannot be used is not repeated in the warning", () => {
  expect(readSettings({ WORKFLOWS_API_TOKEN: "sécret-token" }).warnings[0]).not.toContain("sécret-token");
});

test("lists are split and lower-cased, and stay apart so that both must allow a host", () => {
  const { settings } = readSettings({
    EGRESS_ALLOWLIST: "Example.com, api.example.com",
    WORKFLOWS_EGRESS_ALLOWLIST: "example.com,other.example",
    WORKFLOWS_EGRESS_ALLOWED_PORTS: "443, 8443",
    WORKFLOWS_FILE_ALLOWLIST: "/srv/a,/srv/b:/srv/c",
  });
  expect(settings.egress.lists.map((list) => list.allow)).toEqual([
    ["example.com", "api.example.com"],
    ["example.com", "other.example"],
  ]);
  expect(settings.egress.allowedPorts).toEqual(["443", "8443"]);
  expect(settings.files.allowlist).toEqual(["/srv/a", "/srv/b", "/srv/c"]);
});
