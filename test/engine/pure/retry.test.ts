/** Tables of trying again: whether, and after how long. */
import { expect, test } from "vitest";
import { backoffMs, retryDecision } from "../../../electron/engine/retry.ts";
import { retryPolicyOf, type StepDefinition } from "../../../shared/definition.ts";
import { type Failure, NEVER_RETRIED } from "../../../shared/error.ts";
import { failureOf } from "./stories.ts";

const CAP_MS = 60_000;
const offline = failureOf("offline", true);
const judged = (retry: StepDefinition["retry"], attempt: number, failure: Failure = offline, random = 0.5) =>
  retryDecision({ retry }, attempt, failure, CAP_MS, random);

test.each([
  ["fixed", [1000, 1000, 1000, 1000]],
  ["linear", [1000, 2000, 3000, 4000]],
  ["exponential", [1000, 2000, 4000, 8000]],
] as const)("a %s pause grows like %j, up to its cap", (backoff, pauses) => {
  expect([1, 2, 3, 4].map((attempt) => backoffMs({ backoff, base_ms: 1000 }, attempt, CAP_MS))).toEqual(pauses);
  expect(backoffMs({ backoff, base_ms: 1000 }, 100, 2500)).toBe(backoff === "fixed" ? 1000 : 2500);
});

test("a number alone means so many further attempts, ever longer apart", () => {
  expect(retryPolicyOf({ retry: 2 })).toEqual({ max: 2, backoff: "exponential", base_ms: 1000 });
  expect(judged(2, 1)).toEqual({ retry: true, delayMs: 1500 });
  expect(judged(2, 2)).toEqual({ retry: true, delayMs: 2500 });
  expect(judged(2, 3)).toEqual({ retry: false, suppressed: false });
  expect(judged(null, 1)).toEqual({ retry: false, suppressed: false });
});

test("pauses differ by chance, so that runs which failed together do not come back together", () => {
  expect(judged(1, 1, offline, 0)).toEqual({ retry: true, delayMs: 1250 });
  expect(judged(1, 1, offline, 0.999)).toEqual({ retry: true, delayMs: 1750 });
  const atOnce = { max: 1, backoff: "fixed", base_ms: 0 } as const;
  expect(judged(atOnce, 1)).toEqual({ retry: true, delayMs: 0 });
});

test("the step's own cap comes before that of the settings", () => {
  const policy = { max: 9, backoff: "exponential", base_ms: 1000 } as const;
  expect(judged({ ...policy, cap_ms: 3000 }, 9, offline, 0)).toEqual({ retry: true, delayMs: 3250 });
  expect(judged(policy, 9, offline, 0)).toEqual({ retry: true, delayMs: CAP_MS + 250 });
});

test("who asks us to wait longer is obeyed", () => {
  expect(judged(1, 1, { ...offline, retry_after_ms: 9000 })).toEqual({ retry: true, delayMs: 9000 });
  expect(judged(1, 1, { ...offline, retry_after_ms: 10 })).toEqual({ retry: true, delayMs: 1500 });
});

test("only the named codes are tried again, if codes are named", () => {
  const policy = { max: 3, backoff: "fixed", base_ms: 0, retry_on: ["timeout"] } as const;
  expect(judged({ ...policy, retry_on: [...policy.retry_on] }, 1, failureOf("timeout", true)).retry).toBe(true);
  expect(judged({ ...policy, retry_on: [...policy.retry_on] }, 1)).toEqual({ retry: false, suppressed: true });
});

test.each([...NEVER_RETRIED])("%s is never tried again, even when it is named", (code) => {
  const policy = { max: 3, backoff: "fixed" as const, base_ms: 0, retry_on: [code] };
  expect(judged(policy, 1, failureOf(code, true))).toEqual({ retry: false, suppressed: true });
});

test("a failure that says it would repeat itself is not tried again", () => {
  expect(judged(3, 1, failureOf("command_failed", false))).toEqual({ retry: false, suppressed: true });
});
