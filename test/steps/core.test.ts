/** The steps that steer a run: texts, values, ways on, waits, and a step for each item. */
import { expect, test } from "vitest";
import type { Clock } from "../../electron/lib/clock.ts";
import { isTruthy } from "../../electron/steps/truth.ts";
import { stepBench } from "../support/step-context.ts";

const bench = await stepBench();
const NOW = Date.UTC(2026, 2, 14);
const stopped: Clock = { now: () => NOW, monotonic: () => 0, after: () => () => {} };
const at = { overrides: { clock: stopped } };

test("prompt writes its template, with variables beside the scope, and keeps it if asked", async () => {
  const scope = { inputs: { who: "Pia", n: 42 } };
  const result = await bench.run(
    "prompt",
    { template: "{{ g }}, {{ inputs.who }} {{ inputs.n }}", variables: { g: "Moin" }, save_artifact: true },
    { scope },
  );
  expect(result).toMatchObject({ status: "ok", outputs: { text: "Moin, Pia 42", artifact: { name: "prompt.txt" } } });
  expect(await bench.run("prompt", { template: "" })).toMatchObject({ outputs: { text: "" } });
});

test("prompt fails when told to, and stops a simulated delay when it is cancelled", async () => {
  expect(await bench.run("prompt", { template: "x", force_error: true })).toMatchObject({
    status: "failed",
    failure: { code: "forced_error" },
  });
  const signal = AbortSignal.abort();
  expect(await bench.run("prompt", { template: "x", simulate_delay_ms: 60_000 }, { signal })).toEqual({
    status: "cancelled",
  });
});

test("set gives its values with their types", async () => {
  const result = await bench.run(
    "set",
    { values: { list: "{{ inputs.xs }}", n: 3 } },
    { scope: { inputs: { xs: [1, 2] } } },
  );
  expect(result).toEqual({ status: "ok", outputs: { list: [1, 2], n: 3 } });
});

test("log says what it logged", async () => {
  expect(await bench.run("log", {})).toEqual({ status: "ok", outputs: { logged: true, message: "", level: "info" } });
  expect(await bench.run("log", { message: "m", level: "debug" })).toMatchObject({
    outputs: { level: "debug", message: "m" },
  });
  expect(bench.logs.at(-1)).toEqual({ level: "debug", message: "m" });
});

test("delay asks to be woken, one second from now unless told otherwise", async () => {
  expect(await bench.run("delay", {}, at)).toEqual({
    status: "wait",
    wait: { kind: "time", dueAt: NOW + 1000, outputs: { delayed_ms: 1000 } },
  });
  expect(await bench.run("delay", { milliseconds: 0 }, at)).toEqual({ status: "ok", outputs: { delayed_ms: 0 } });
});

test("wait_until waits for a moment, passes a past one, and refuses a time without an offset", async () => {
  const future = await bench.run("wait_until", { until: "2026-03-14T02:00:00+01:00" }, at);
  expect(future).toMatchObject({ status: "wait", wait: { dueAt: NOW + 3_600_000 } });
  expect(await bench.run("wait_until", { until: "2020-01-01T00:00:00Z" }, at)).toMatchObject({ status: "ok" });
  expect(await bench.run("wait_until", { until: "2026-03-14T02:00:00" }, at)).toMatchObject({
    failure: { code: "validation_error" },
  });
});

test("branch goes by its condition", async () => {
  const config = { condition: "{{ inputs.go }}", true_next: "t", false_next: "f" };
  const way = async (go: unknown) => bench.run("branch", config, { scope: { inputs: { go } } });
  expect(await way("true")).toEqual({ status: "ok", outputs: { branch: "true" }, next: "t" });
  expect(await way("no")).toEqual({ status: "ok", outputs: { branch: "false" }, next: "f" });
  expect(await bench.run("branch", { condition: "yes" })).toMatchObject({ next: null });
});

test.each([false, 0, "", null, undefined, [], {}, "False", " off ", "NO", "0", "none", "null"])(
  "%j is false",
  (value) => {
    expect(isTruthy(value)).toBe(false);
  },
);

test.each([true, 1, -1, "yes", "x", [0], { a: 1 }, "false positive"])("%j is true", (value) => {
  expect(isTruthy(value)).toBe(true);
});

test("switch goes where its value belongs, or to the default", async () => {
  const config = { value: "{{ inputs.n }}", cases: { "1": "one", two: "second" }, default: "other" };
  const way = async (n: unknown) => bench.run("switch", config, { scope: { inputs: { n } } });
  expect(await way(1)).toEqual({ status: "ok", outputs: { value: 1, case: "1" }, next: "one" });
  expect(await way("two")).toMatchObject({ outputs: { case: "two" }, next: "second" });
  expect(await way("constructor")).toMatchObject({ outputs: { case: null }, next: "other" });
});

test("fail fails with its own words and is not tried again", async () => {
  const result = await bench.run("fail", { message: "Nothing to do", code: "nothing_to_do" });
  expect(result).toMatchObject({ failure: { code: "nothing_to_do", message: "Nothing to do", retryable: false } });
});

test("state remembers: get with a default, set, increment", async () => {
  expect(await bench.run("state", { key: "k", default: 5 })).toMatchObject({ outputs: { value: 5, found: false } });
  expect(await bench.run("state", { action: "increment", key: "k", default: 5 })).toMatchObject({
    outputs: { value: 6 },
  });
  expect(await bench.run("state", { action: "set", key: "k", value: { a: 1 } })).toMatchObject({
    outputs: { previous: 6 },
  });
  expect(await bench.run("state", { key: "k" })).toMatchObject({ outputs: { value: { a: 1 }, found: true } });
  expect(await bench.run("state", { action: "increment", key: "k" })).toMatchObject({
    failure: { code: "validation_error" },
  });
});

test("people are asked: the local person unless named, for ever unless limited", async () => {
  expect(await bench.run("wait_for_approval", { instructions: "Look" }, at)).toEqual({
    status: "wait",
    wait: { kind: "approval", assignedTo: "local", instructions: "Look", formSchema: null, deadlineAt: null },
  });
  const form = { type: "object" };
  expect(
    await bench.run("wait_for_human", { assigned_to_user_id: 1, form_schema: form, timeout_seconds: 60 }, at),
  ).toMatchObject({
    wait: { kind: "human", assignedTo: "1", formSchema: form, deadlineAt: NOW + 60_000 },
  });
});

test("map gives one result for each item, in order", async () => {
  const step = { type: "prompt", config: { template: "{{ index }}: {{ item }}" } };
  expect(await bench.run("map", { items: ["p", "q", "r"], step, concurrency: 2 })).toEqual({
    status: "ok",
    outputs: { results: [{ text: "0: p" }, { text: "1: q" }, { text: "2: r" }], count: 3 },
  });
  expect(await bench.run("map", { items: '["a"]', step })).toMatchObject({ outputs: { results: [{ text: "0: a" }] } });
  expect(await bench.run("map", { items: "a, b", step })).toMatchObject({ outputs: { count: 2 } });
  expect(await bench.run("map", { items: "", step })).toMatchObject({ outputs: { count: 0, results: [] } });
  expect(await bench.run("map", { items: 7, step })).toMatchObject({ failure: { code: "validation_error" } });
});

test("map really works on several items at once, and waits out short delays in place", async () => {
  let running = 0;
  let most = 0;
  const runInner = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return { status: "wait", wait: { kind: "time", dueAt: Date.now() + 5, outputs: { delayed_ms: 5 } } } as const;
  };
  const result = await bench.run(
    "map",
    { items: Array(10).fill(0), step: { type: "delay" }, concurrency: 5 },
    { overrides: { runInner } },
  );
  expect(result).toMatchObject({ status: "ok", outputs: { count: 10 } });
  expect(most).toBe(5);
});

test("map refuses a long wait inside", async () => {
  const result = await bench.run("map", { items: [1], step: { type: "delay", config: { milliseconds: 120_000 } } });
  expect(result).toMatchObject({
    failure: { code: "map_item_failed", message: expect.stringContaining("60 seconds"), retryable: false },
  });
});

test("map stops at the first failing item, or collects the failures", async () => {
  const step = { type: "prompt", config: { template: "x", force_error: "{{ item == 'bad' }}" } };
  const items = ["good", "bad", "good"];
  const failing = await bench.run("map", { items, step, concurrency: 1 });
  expect(failing).toMatchObject({
    status: "failed",
    failure: { code: "map_item_failed" },
    outputs: { results: [{ text: "x" }, { error: "forced_error" }, null] },
  });
  const collecting = await bench.run("map", { items, step, on_item_error: "collect" });
  expect(collecting).toMatchObject({
    status: "ok",
    outputs: { count: 3, errors: [{ index: 1, code: "forced_error" }] },
  });
});

test("map begins nothing more once it is cancelled", async () => {
  const cancel = new AbortController();
  const begun: unknown[] = [];
  const runInner = async (_: unknown, names: Record<string, unknown>) => {
    begun.push(names.item);
    cancel.abort();
    return { status: "ok", outputs: {} } as const;
  };
  const result = await bench.run(
    "map",
    { items: [1, 2, 3], step: { type: "log" }, concurrency: 1 },
    { signal: cancel.signal, overrides: { runInner } },
  );
  expect(result).toEqual({ status: "cancelled" });
  expect(begun).toEqual([1]);
});

test("parallel keeps the order of its steps, whatever their types", async () => {
  const steps = [
    { type: "prompt", config: { template: "a" } },
    { type: "delay", config: { milliseconds: 10 } },
    { type: "log", config: { level: "debug" } },
  ];
  expect(await bench.run("parallel", { steps, max_concurrency: 3 })).toMatchObject({
    status: "ok",
    outputs: { count: 3, results: [{ text: "a" }, { delayed_ms: 10 }, { logged: true }], errors: [] },
  });
  expect(await bench.run("parallel", { steps: [] })).toMatchObject({
    status: "failed",
    outputs: { error: "missing_steps", results: [] },
  });
});

test("parallel lists failures, or fails with the first", async () => {
  const steps = [
    { type: "fail", config: { code: "no_luck" } },
    { type: "prompt", config: { template: "b" } },
  ];
  expect(await bench.run("parallel", { steps })).toMatchObject({
    status: "ok",
    outputs: { results: [{ error: "no_luck" }, { text: "b" }], errors: [{ index: 0 }] },
  });
  const strict = await bench.run("parallel", { steps, fail_fast: true, max_concurrency: 1 });
  expect(strict).toMatchObject({
    status: "failed",
    failure: { code: "no_luck" },
    outputs: { results: [{ error: "no_luck" }, null] },
  });
});
