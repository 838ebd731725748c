/** No secret is left in anything that is kept, whatever form it took on the way. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRedactor } from "../../../electron/engine/secrets/redact.ts";

const SECRET = 'p@ss "word"/ü';
const redact = createRedactor({ db: SECRET, pin: "123" });

test("a secret is taken out of texts at any depth, in keys as in values", () => {
  expect(redact({ url: `postgres://u:${SECRET}@h`, list: [1, { [SECRET]: true }] })).toEqual({
    url: "postgres://u:[secret db]@h",
    list: [1, { "[secret db]": true }],
  });
});

test.each([
  ["JSON", JSON.stringify({ a: SECRET })],
  ["a URL", `https://h/?q=${encodeURIComponent(SECRET)}`],
  ["base64", Buffer.from(SECRET).toString("base64")],
])("its form in %s is taken out too", (_, text) => {
  expect(redact(text)).toContain("[secret db]");
  expect(redact(text)).not.toContain(encodeURIComponent("word"));
});

test("one of three characters stays: it stands in too many innocent places", () => {
  expect(redact("order 123")).toBe("order 123");
});

test("of two secrets the longer is taken out whole", () => {
  expect(createRedactor({ short: "abcd", long: "abcdef" })("x abcdef y")).toBe("x [secret long] y");
});

test("a value without secrets is given back as the very same object", () => {
  const value = { a: [1, "two", null], b: { c: true } };
  expect(redact(value)).toBe(value);
});

test("whatever is built around a secret, nothing of it is left", () => {
  const secret = "S3CR3T-value";
  const safe = createRedactor({ s: secret });
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), fc.string(), (value, before, after) => {
      const planted = { value, text: `${before}${secret}${after}`, deep: [[{ [`${secret}!`]: secret }]] };
      expect(JSON.stringify(safe(planted))).not.toContain(secret);
    }),
  );
});
