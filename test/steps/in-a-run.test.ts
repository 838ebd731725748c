/** These step types in real runs: with the engine's own memory, threads, files and timers. */
import { expect, test } from "vitest";
import { startApp } from "../support/running-app.ts";

test("what a workflow remembers carries over from run to run, and a timer from step to step", async () => {
  const app = await startApp();
  const step = { type: "prompt", config: { template: "made for {{ inputs.page }}" } };
  const definition = {
    name: "watch",
    steps: [
      { id: "start", type: "timing_start", config: { timer_name: "t" } },
      { id: "pause", type: "delay", config: { milliseconds: 100 } },
      { id: "stop", type: "timing_stop", config: { timer_name: "t" } },
      { id: "cached", type: "cache_result", config: { key: "page", step } },
      { id: "watched", type: "diff_change_detector", config: { current: "{{ inputs.page }}" } },
    ],
    outputs: { elapsed: "{{ stop.elapsed_ms }}", cached: "{{ cached }}", watched: "{{ watched }}" },
  };
  const first = await app.run(definition, { page: "open" });
  expect(first).toMatchObject({
    status: "succeeded",
    outputs: { cached: { cached: false, data: { text: "made for open" } }, watched: { changed: true, previous: null } },
  });
  expect(first.outputs?.elapsed).toBeGreaterThanOrEqual(90);
  expect((await app.run(definition, { page: "open" })).outputs).toMatchObject({
    watched: { changed: false, ratio: 1 },
  });
  expect((await app.run(definition, { page: "closed for ever" })).outputs).toMatchObject({
    cached: { cached: true, data: { text: "made for open" } },
    watched: { changed: true, previous: "open" },
  });
});

test("texts go through the compute threads, and files into a zip that can be downloaded", async () => {
  const app = await startApp();
  const run = await app.run({
    name: "texts",
    steps: [
      {
        id: "xml",
        type: "xml_transform",
        config: { xml: "<r><p>&lt;b&gt;Die&lt;/b&gt; Katze und der Hund, die sind nicht da.</p></r>", xpath: "//p" },
      },
      { id: "markdown", type: "html_to_markdown", config: { html: "{{ xml.results[0] }}" } },
      { id: "clean", type: "text_clean", config: { operations: ["strip_markdown"] } },
      { id: "language", type: "language_detect", config: { text: "{{ clean.text }}" } },
      { id: "tokens", type: "token_count", config: { text: "{{ clean.text }}" } },
      { id: "checked", type: "policy_check", config: { text: "{{ clean.text }}", block_words: ["hund"] } },
      { id: "diff", type: "document_diff", config: { document_a: "a\n", document_b: "{{ clean.text }}\n" } },
      { id: "write", type: "file_write", config: { path: "out/clean.txt", content: "{{ clean.text }}" } },
      { id: "zip", type: "zip", config: { paths: ["out"], path: "out.zip" } },
    ],
    outputs: {
      markdown: "{{ markdown.markdown }}",
      text: "{{ clean.text }}",
      language: "{{ language.language }}",
      words: "{{ tokens.word_count }}",
      blocked: "{{ checked.blocked }}",
      additions: "{{ diff.additions }}",
      entries: "{{ zip.entries }}",
      artifact: "{{ zip.artifact.artifact_id }}",
    },
  });
  expect(run).toMatchObject({
    status: "succeeded",
    outputs: {
      markdown: "**Die** Katze und der Hund, die sind nicht da.",
      text: "Die Katze und der Hund, die sind nicht da.",
      language: "de",
      words: 9,
      blocked: true,
      additions: 1,
      entries: ["out/clean.txt"],
    },
  });
  const zip = await app.call("GET", `/api/v1/workflows/artifacts/${run.outputs?.artifact}/download`);
  expect(zip).toMatchObject({ status: 200 });
  expect(zip.headers.get("content-type")).toContain("application/zip");
});

test("retry works inside map, and a slip in a step inside it is told when it is saved", async () => {
  const app = await startApp();
  const retry = (template: string, forced: string) => ({
    type: "retry",
    config: { step_type: "prompt", step_config: { template, force_error: forced }, max_retries: 1, backoff_base: 0 },
  });
  const run = await app.run({
    name: "tries",
    steps: [
      {
        id: "all",
        type: "map",
        config: { items: ["a", "b"], step: retry("{{ item }}!", "{{ item == 'b' }}"), on_item_error: "collect" },
      },
    ],
  });
  expect(run.outputs).toMatchObject({
    results: [{ result: { text: "a!" }, attempts: 1, success: true }, { error: "retry_step_error" }],
    errors: [{ index: 1, code: "retry_step_error" }],
  });
  const slip = await app.api("POST", "", {
    name: "slip",
    steps: [{ id: "r", type: "retry", config: { step: { type: "promt", config: {} } } }],
  });
  expect(slip).toMatchObject({ status: 422, body: { detail: [{ path: "steps[0].config.step.type" }] } });
});
