/** Whether a failed attempt is followed by another one, and when. Pure; randomness is passed in. */
import { type RetryPolicy, retryPolicyOf, type StepDefinition } from "../../shared/definition.ts";
import { type Failure, NEVER_RETRIED } from "../../shared/error.ts";

export type RetryDecision =
  | { retry: true; delayMs: number }
  /** `suppressed`: retries were left, but this failure would only repeat itself. */
  | { retry: false; suppressed: boolean };

/** Added to every pause so that runs which failed together do not come back together: 250-750 ms, as the reference. */
const JITTER_MS = { least: 250, spread: 500 };

/**
 * @param attempt the attempt that failed, from 1
 * @param capMs the longest pause that the settings allow, unless the step names its own
 * @param random a number from 0 up to 1
 */
export function retryDecision(
  step: Pick<StepDefinition, "retry">,
  attempt: number,
  failure: Failure,
  capMs: number,
  random: number,
): RetryDecision {
  const policy = retryPolicyOf(step);
  if (attempt > policy.max) return { retry: false, suppressed: false };
  const named = policy.retry_on === undefined || policy.retry_on.includes(failure.code);
  if (!failure.retryable || NEVER_RETRIED.has(failure.code) || !named) return { retry: false, suppressed: true };
  const backoff = backoffMs(policy, attempt, policy.cap_ms ?? capMs);
  const jitter = policy.base_ms === 0 ? 0 : JITTER_MS.least + random * JITTER_MS.spread;
  return { retry: true, delayMs: Math.round(Math.max(failure.retry_after_ms ?? 0, backoff + jitter)) };
}

/** The pause after the `attempt`-th failure, before jitter, in milliseconds. */
export function backoffMs(policy: Pick<RetryPolicy, "backoff" | "base_ms">, attempt: number, capMs: number): number {
  const { backoff, base_ms: base } = policy;
  const grown = backoff === "fixed" ? base : backoff === "linear" ? base * attempt : base * 2 ** (attempt - 1);
  return Math.min(grown, capMs);
}
