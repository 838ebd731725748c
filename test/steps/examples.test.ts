/**
 * The example of every step type, as the catalogue and the docs show it, run by the real engine. Types that need a server
 * of their own (models, mail, feeds, tools) have it in `network-story.test.ts`; here they must at least be known.
 */
import { expect, test } from "vitest";
import { stepTypeInfos } from "../../electron/steps/registry.ts";
import { answerJson, localServer } from "../support/local-server.ts";
import { startApp } from "../support/running-app.ts";

/** Told with servers of their own elsewhere. */
const WITH_OWN_SERVER = new Set([
  "llm",
  "embed",
  "summarize",
  "translate",
  "keyword_extract",
  "topic_model",
  "entity_extract",
  "sentiment_analyze",
  "rss_fetch",
  "atom_fetch",
  "email_send",
  "mcp_tool",
]);

/** What else than success an example comes to, and why. */
const OTHER_ENDS: Readonly<Record<string, string>> = {
  wait_until: "waiting",
  wait_for_approval: "waiting_approval",
  wait_for_human: "waiting_human",
  fail: "failed",
};

/** Steps that an example builds on. */
const BEFORE: Readonly<Record<string, object>> = {
  timing_stop: { id: "before", type: "timing_start", config: { timer_name: "download" } },
};

const infos = stepTypeInfos().filter(({ name }) => !WITH_OWN_SERVER.has(name));

test("every type that needs a server of its own is still there", () => {
  const names = stepTypeInfos().map(({ name }) => name);
  for (const name of WITH_OWN_SERVER) expect(names).toContain(name);
});

test("every other example does what it says when it is run", async () => {
  const server = await localServer((_, response) => answerJson(response, 200, { ok: true }));
  const app = await startApp({
    env: { WORKFLOWS_EGRESS_BLOCK_PRIVATE: "false", WORKFLOWS_EGRESS_ALLOWED_PORTS: "any" },
  });
  const ends: Record<string, string> = {};
  for (const { name, example } of infos) {
    const config = "url" in example ? { ...example, url: server.url } : example;
    const before = BEFORE[name];
    const steps = [...(before ? [before] : []), { id: "it", type: name, config }];
    const runId = await app.start({ name: `example of ${name}`, steps } as Parameters<typeof app.start>[0]);
    const run = await app.until(
      runId,
      "succeeded",
      "failed",
      "waiting_approval",
      "waiting_human",
      ...(name === "wait_until" ? (["waiting"] as const) : []),
    );
    ends[name] = run.status === "failed" && name !== "fail" ? `failed: ${run.error}` : run.status;
  }
  expect(ends).toEqual(Object.fromEntries(infos.map(({ name }) => [name, OTHER_ENDS[name] ?? "succeeded"])));
});
