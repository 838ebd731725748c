/** The steps that steer a run or remember things for it: retry, cache_result, checkpoint, timers, batch, policy_check. */
import { expect, test } from "vitest";
import { commandsOf } from "../../electron/steps/registry.ts";
import type { Outputs, StepResult } from "../../electron/steps/step-type.ts";
import { failed, ok } from "../../electron/steps/step-type.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { type RunOptions, type StepBench, stepBench } from "../support/step-context.ts";

const bench = await stepBench();

/** A step inside another that gives these results one after another, and the last for ever; counts how often it ran. */
function scripted(...results: StepResult[]) {
  const calls: unknown[] = [];
  const runInner = async (step: unknown): Promise<StepResult> => {
    calls.push(step);
    return results[Math.min(calls.length, results.length) - 1] ?? ok({});
  };
  return { calls, runInner };
}

/** Time passes as fast as it is waited for. */
function impatientClock() {
  const clock = fakeClock();
  const pauses: number[] = [];
  const after: typeof clock.after = (ms, fn) => {
    pauses.push(ms);
    const cancel = clock.after(ms, fn);
    setImmediate(() => clock.advance(ms));
    return cancel;
  };
  return { ...clock, after, pauses };
}

const offline = failed("offline", "Nobody is there: /home/pia/secret");
const inRun = (id: string): RunOptions => ({ overrides: { run: { id, workflowId: 1, workflowName: "bench" } } });

test("retry gives the result of the first try that succeeds, in either spelling", async () => {
  expect(await bench.run("retry", { step_type: "prompt", step_config: { template: "Yo" }, max_retries: 3 })).toEqual({
    status: "ok",
    outputs: { result: { text: "Yo" }, attempts: 1, success: true },
  });
  const step = { type: "prompt", config: { template: "{{ inputs.x }}" } };
  expect(await bench.run("retry", { step }, { scope: { inputs: { x: "late" } } })).toMatchObject({
    outputs: { result: { text: "late" } },
  });
});

test("retry waits longer each time, up to its limit, and as long as the other side asked", async () => {
  const clock = impatientClock();
  const busy = failed("http_error", "busy", { retryAfterMs: 50_000 });
  const inner = scripted(offline, offline, offline, busy, ok({ n: 1 }));
  const config = { step: { type: "http" }, max_retries: 4, backoff_base: 3, backoff_max: 20 };
  const overrides = { clock, runInner: inner.runInner };
  expect(await bench.run("retry", config, { overrides })).toMatchObject({ outputs: { attempts: 5, success: true } });
  expect(clock.pauses).toEqual([3000, 9000, 20_000, 50_000]);
  expect(bench.logs.at(-1)).toEqual({ level: "warning", message: "Try 4 of 5 failed (http_error); again in 50 s." });
});

test("retry that still fails at the end has failed", async () => {
  const inner = scripted(offline);
  const config = { step: { type: "http" }, max_retries: 2, backoff_base: 0 };
  expect(await bench.run("retry", config, { overrides: { runInner: inner.runInner } })).toMatchObject({
    status: "failed",
    failure: { code: "retry_step_error", retryable: true },
    outputs: { error: "retry_step_error", success: false, attempts: 3, last_error: { code: "offline" } },
  });
  expect(inner.calls).toHaveLength(3);
});

test.each([
  ["what can never succeed", failed("http_error", "404", { retryable: false }), {}],
  ["an error that is not listed", offline, { retry_on_errors: ["timeout"] }],
  ["a server that asks for more than a minute", failed("http_error", "503", { retryAfterMs: 600_000 }), {}],
])("retry does not repeat %s", async (_, result, config) => {
  const inner = scripted(result);
  const written = { step: { type: "http" }, backoff_base: 0, ...config };
  expect(await bench.run("retry", written, { overrides: { runInner: inner.runInner } })).toMatchObject({
    outputs: { attempts: 1 },
  });
});

test("retry refuses to guess which step is meant", async () => {
  await expect(bench.run("retry", { max_retries: 1 })).rejects.toThrow(/either step/);
  await expect(bench.run("retry", { step: { type: "log" }, step_type: "log" })).rejects.toThrow(/either step/);
});

test("a command inside a wrapper, however deep and however written, is still shown for consent", () => {
  const shell = (command: string) => ({ type: "shell", config: { command } });
  const inMap = { type: "map", config: { items: [1], step: { type: "retry", config: { step: shell("c") } } } };
  const wrappers = [
    { type: "retry", config: { step: shell("a") } },
    { type: "retry", config: { step_type: "shell", step_config: { command: "b" } } },
    { type: "cache_result", config: { key: "k", step: inMap } },
  ];
  expect(commandsOf(wrappers)).toEqual(["a", "b", "c"]);
});

test("cache_result spares the step inside while the result is young enough", async () => {
  const clock = fakeClock();
  const fresh = await stepBench();
  const inner = scripted(ok({ n: 1 }), ok({ n: 2 }));
  const config = { key: "k", ttl_seconds: 60, step: { type: "http" } };
  const ask = () => fresh.run("cache_result", config, { overrides: { clock, runInner: inner.runInner } });
  expect(await ask()).toEqual({ status: "ok", outputs: { cached: false, key: "k", data: { n: 1 }, stored: true } });
  clock.advance(30_000);
  expect(await ask()).toEqual({ status: "ok", outputs: { cached: true, key: "k", data: { n: 1 }, age_seconds: 30 } });
  expect(inner.calls).toHaveLength(1);
  clock.advance(30_000);
  expect(await ask()).toMatchObject({ outputs: { cached: false, data: { n: 2 } } });
});

test("cache_result remembers no failure", async () => {
  const inner = scripted(offline, ok({ n: 1 }));
  const ask = () =>
    bench.run("cache_result", { key: "f", step: { type: "http" } }, { overrides: { runInner: inner.runInner } });
  expect(await ask()).toMatchObject({ status: "failed", failure: { code: "offline" } });
  expect(await ask()).toMatchObject({ outputs: { cached: false, data: { n: 1 } } });
});

test("cache_result gets, sets and forgets by hand", async () => {
  const cache = (config: Outputs) => bench.run("cache_result", { key: "k1", ...config }, { last: { text: "x" } });
  expect(await cache({ action: "get" })).toEqual({ status: "ok", outputs: { cached: false, key: "k1", data: null } });
  expect(await cache({ action: "set", data: 5 })).toMatchObject({ outputs: { stored: true, data: 5 } });
  expect(await cache({ action: "get" })).toMatchObject({ outputs: { cached: true, data: 5 } });
  expect(await cache({ action: "invalidate" })).toEqual({ status: "ok", outputs: { invalidated: true, key: "k1" } });
  expect(await cache({})).toMatchObject({ outputs: { cached: false, data: { text: "x" } } });
  expect(await bench.run("cache_result", {})).toMatchObject({
    failure: { code: "missing_cache_key" },
    outputs: { error: "missing_cache_key", cached: false },
  });
});

test("cache_result gives a huge result on without keeping it", async () => {
  const data = "x".repeat(1_000_001);
  expect(await bench.run("cache_result", { key: "big", data })).toMatchObject({ outputs: { stored: false } });
  expect(bench.logs.at(-1)).toMatchObject({ level: "warning" });
  expect(bench.state.has("cache:big")).toBe(false);
});

test("checkpoint keeps what it is given, or what came before, as an artifact", async () => {
  expect(await bench.run("checkpoint", { checkpoint_id: "cp9", data: { k: 1 } })).toMatchObject({
    outputs: { checkpoint_id: "cp9", saved: true, run_id: "run-1", artifact: { name: "cp9.json" } },
  });
  expect(bench.artifacts.at(-1)).toMatchObject({ mimeType: "application/json", text: '{\n  "k": 1\n}' });
  expect(await bench.run("checkpoint", {}, { last: { n: 2 } })).toMatchObject({
    outputs: { checkpoint_id: "checkpoint_s1_1" },
  });
  expect(bench.artifacts.at(-1)?.text).toContain('"n": 2');
  await expect(bench.run("checkpoint", { checkpoint_id: "../x" })).rejects.toThrow(/checkpoint_id/);
});

test("a timer is found by a later step of the same run, and only there", async () => {
  const clock = fakeClock(1_000_000);
  const run = (type: string, id: string, stepId: string) =>
    bench.run(
      type,
      { timer_name: "t" },
      {
        overrides: { ...inRun(id).overrides, clock, step: { id: stepId, stepRunId: "sr", attempt: 1, visit: 1 } },
      },
    );
  expect(await run("timing_start", "r1", "a")).toEqual({
    status: "ok",
    outputs: { timer_name: "t", started_at: 1_000_000, started_at_iso: "1970-01-01T00:16:40.000+00:00" },
  });
  clock.advance(100);
  // Done again after a crash, the step does not lose the time that has passed.
  expect(await run("timing_start", "r1", "a")).toMatchObject({ outputs: { started_at: 1_000_000 } });
  expect(await run("timing_stop", "r1", "b")).toMatchObject({
    outputs: { elapsed_ms: 100, elapsed_seconds: 0.1, stopped_at: 1_000_100, stopped_at_iso: expect.any(String) },
  });
  expect(await run("timing_stop", "r2", "b")).toMatchObject({ failure: { code: "timer_not_found", retryable: false } });
  expect(await run("timing_start", "r1", "c")).toMatchObject({ outputs: { started_at: 1_000_100 } });
  expect(await bench.run("timing_start", {})).toMatchObject({ outputs: { timer_name: "default" } });
});

test("batch cuts a list into parts", async () => {
  const items = Array.from({ length: 25 }, (_, index) => index);
  expect(await bench.run("batch", { items, batch_size: 10 })).toEqual({
    status: "ok",
    outputs: { batches: [items.slice(0, 10), items.slice(10, 20), items.slice(20)], batch_count: 3, total_items: 25 },
  });
  expect(await bench.run("batch", {}, { last: { items: [5] } })).toMatchObject({ outputs: { total_items: 1 } });
  expect(await bench.run("batch", {}, { last: { documents: [3, 4] } })).toMatchObject({ outputs: { total_items: 2 } });
  expect(await bench.run("batch", { items: [] })).toMatchObject({ outputs: { batches: [], batch_count: 0 } });
  expect(await bench.run("batch", {})).toMatchObject({ failure: { code: "missing_items" } });
  await expect(bench.run("batch", { items, batch_size: 0 })).rejects.toThrow(/batch_size/);
});

test("diff_change compares with the run before, and tells the first run apart", async () => {
  const fresh = await stepBench();
  const watch = (id: string, current: string, config: Outputs = {}) =>
    fresh.run("diff_change_detector", { current, method: "ratio", ...config }, inRun(id));
  expect(await watch("r1", "same words")).toEqual({
    status: "ok",
    outputs: { changed: true, ratio: 0, text: "same words", previous: null },
  });
  expect(await watch("r2", "same words")).toMatchObject({
    outputs: { changed: false, ratio: 1, previous: "same words" },
  });
  // The same visit once more, as after a crash, gives the same answer.
  expect(await watch("r2", "same words")).toMatchObject({ outputs: { changed: false, ratio: 1 } });
  const other = await watch("r3", "other words", { threshold: 0.95 });
  // Of 21 characters twice the six of " words" are in common.
  expect(other).toMatchObject({
    outputs: { changed: true, ratio: expect.closeTo(12 / 21), text: "other words", previous: "same words" },
  });
  expect(await watch("r3", "other words", { threshold: 0.95 })).toEqual(other);
  expect(await watch("r4", "other words", { key: "elsewhere" })).toMatchObject({ outputs: { previous: null } });
});

test("diff_change shows any difference as a patch, and takes the text of the step before", async () => {
  const watch = async (b: StepBench, id: string, text: string) =>
    b.run("diff_change", { method: "unified" }, { ...inRun(id), last: { text } });
  const fresh = await stepBench();
  await watch(fresh, "r1", "a\nb\n");
  expect(await watch(fresh, "r2", "a\nb\n")).toMatchObject({ outputs: { changed: false, diff: "" } });
  expect(await watch(fresh, "r3", "a\nc\n")).toMatchObject({
    outputs: { changed: true, diff: expect.stringContaining("-b\n+c\n") },
  });
  expect(await fresh.run("diff_change", {})).toMatchObject({ failure: { code: "missing_text" } });
  expect(await fresh.run("diff_change", { current: "x".repeat(2_000_001) })).toMatchObject({
    failure: { code: "text_too_large" },
  });
});

test("policy_check finds personal data, words and length, and blocks only on what it was told to", async () => {
  const text =
    "Mail pia@example.com, call +49 30 1234567, card 4111 1111 1111 1111, not 4111 1111 1111 1112. Classified ass.";
  expect(await bench.run("policy_check", { text, block_words: ["ASS", "c++"], redact_preview: true })).toEqual({
    status: "ok",
    outputs: {
      flags: { pii: true, block_words: true, too_long: false },
      blocked: true,
      reasons: ["blocked_terms"],
      found: { pii: { email: 1, phone: 1, card: 1 }, words: ["ASS"] },
      preview: "Mail [email], call [phone], card [card], not 4111 1111 1111 1112. Classified [blocked].",
    },
  });
  expect(await bench.run("policy_check", { text })).toMatchObject({ outputs: { blocked: false, reasons: [] } });
  expect(await bench.run("policy_check", { text, block_on_pii: true, max_length: 5 })).toMatchObject({
    outputs: { reasons: ["pii_detected", "too_long"] },
  });
  const harmless = "On 2026-01-12 we sold 1234567 pieces for 99.50 in version 10.2.3; order 123-456.";
  expect(await bench.run("policy_check", { text: harmless })).toMatchObject({ outputs: { found: { pii: {} } } });
});

test("policy_check looks where it is told to, and fails the run if asked", async () => {
  const scope = { inputs: { note: "DE89 3704 0044 0532 0130 00" } };
  const check = (config: Outputs) => bench.run("policy_check", { block_on_pii: true, ...config }, { scope });
  expect(await check({ text_source: "inputs" })).toMatchObject({ outputs: { found: { pii: { iban: 1 } } } });
  expect(await check({ text_source: "field", field: "inputs.note" })).toMatchObject({ outputs: { blocked: true } });
  expect(await check({ text_source: "last" })).toMatchObject({ outputs: { blocked: false } });
  expect(await check({ text_source: "inputs", fail_on_block: true })).toMatchObject({
    status: "failed",
    failure: { code: "policy_failed", retryable: false },
    outputs: { error: "policy_failed", blocked: true, reasons: ["pii_detected"] },
  });
  await expect(check({ text_source: "field" })).rejects.toThrow(/field/);
  await expect(check({ text_source: "field", field: "inputs | tojson" })).rejects.toThrow(/path/);
});
