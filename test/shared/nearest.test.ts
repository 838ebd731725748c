/** What was probably meant by a word that is not known. */
import { expect, test } from "vitest";
import { nearest, nearestName } from "../../shared/definition-check.ts";

const known = ["prompt", "webhook", "file_read", "map", "log"];

test.each([
  ["promt", "prompt"],
  ["Prompt", "prompt"],
  ["pormpt", "prompt"],
  ["web_hook", "webhook"],
  ["fileread", "file_read"],
  ["mpa", "map"],
])("%s was meant to be %s", (slip, meant) => expect(nearestName(slip, known)).toBe(meant));

test.each(["", "x", "email_send", "completely different", "l".repeat(10_000)])("%j is like none of them", (word) => {
  expect(nearestName(word, known)).toBeUndefined();
  expect(nearest(word, known)).toBe("");
});

test("of several the nearest is named, as a question", () => {
  expect(nearest("stepp2", ["step1", "step2"])).toBe('; did you mean "step2"?');
});
