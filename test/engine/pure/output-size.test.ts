/** Outputs that are too large to keep are refused before they reach a row. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bounded, isLargerThan, MAX_OUTPUT_BYTES } from "../../../electron/engine/output-size.ts";

test("the estimate is never above what the JSON really has", () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.array(fc.integer({ min: 0, max: 9 }))), (value) => {
      const real = JSON.stringify(value).length;
      expect(isLargerThan(value, real + 4)).toBe(false);
    }),
  );
});

test("a large text, a long list and a deep value are all noticed", () => {
  expect(isLargerThan("x".repeat(1001), 1000)).toBe(true);
  expect(
    isLargerThan(
      Array.from({ length: 1000 }, () => 1),
      1000,
    ),
  ).toBe(true);
  expect(isLargerThan({ a: { b: { c: "y".repeat(1000) } } }, 1000)).toBe(true);
});

test("a result over the limit becomes a failure that says what to do; a smaller one is left as it is", () => {
  const small = { status: "ok", outputs: { text: "x" } } as const;
  expect(bounded(small)).toBe(small);
  expect(bounded({ status: "ok", outputs: { text: "x".repeat(MAX_OUTPUT_BYTES + 1) } })).toMatchObject({
    status: "failed",
    failure: { code: "output_too_large", retryable: false, hint: expect.stringContaining("artifact") },
  });
});
