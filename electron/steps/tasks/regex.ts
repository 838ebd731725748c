/** All matches of a pattern, within a time of its own. Nothing here knows of steps. */
import { createContext, runInContext } from "node:vm";
import { messageOf } from "../../lib/app-error.ts";
import { StepError } from "../step-type.ts";

export interface RegexInput {
  text: string;
  pattern: string;
  ignoreCase: boolean;
  multiline: boolean;
  dotAll: boolean;
  maxMatches: number;
  /** Longer than this, in milliseconds, and the search fails as `timeout`. */
  limitMs: number;
}

export interface RegexMatch {
  full: string;
  start: number;
  end: number;
  /** By position; a group that took no part is null. */
  groups: (string | null)[];
  named: Record<string, string | null>;
}

export interface RegexMatches {
  matches: RegexMatch[];
  count: number;
  truncated: boolean;
}

/** Throws StepError `regex_invalid`, or `timeout` after `limitMs`. */
export function extractMatches(input: RegexInput): RegexMatches {
  const pattern = compiled(input);
  try {
    // A search holds its thread and heeds no signal; a script with a time limit is the one thing that can be broken off.
    const search = createContext({ run: () => allMatches(pattern, input) });
    return runInContext("run()", search, { timeout: Math.max(1, Math.ceil(input.limitMs)) });
  } catch (error) {
    if (!isOutOfTime(error)) throw error;
    throw new StepError("timeout", `The pattern found no end within ${input.limitMs / 1000} s.`, {
      hint: "Make the pattern simpler (a repeat inside a repeat, such as (a+)+, may take for ever), or set timeout_seconds of the step.",
    });
  }
}

/** The error belongs to the script's own realm, so it is no instance of our Error. */
const isOutOfTime = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";

function allMatches(pattern: RegExp, input: RegexInput): RegexMatches {
  const matches: RegexMatch[] = [];
  for (const found of input.text.matchAll(pattern)) {
    if (matches.length === input.maxMatches) return { matches, count: matches.length, truncated: true };
    const named = Object.entries(found.groups ?? {}).map(([name, text]) => [name, text ?? null] as const);
    matches.push({
      full: found[0],
      start: found.index,
      end: found.index + found[0].length,
      groups: found.slice(1).map((text) => text ?? null),
      named: Object.fromEntries(named),
    });
  }
  return { matches, count: matches.length, truncated: false };
}

function compiled({ pattern, ignoreCase, multiline, dotAll }: RegexInput): RegExp {
  try {
    // `(?P<name>…)` is how Python writes a named group, and patterns travel.
    const source = pattern.replaceAll("(?P<", "(?<");
    return new RegExp(source, `gu${ignoreCase ? "i" : ""}${multiline ? "m" : ""}${dotAll ? "s" : ""}`);
  } catch (error) {
    throw new StepError("regex_invalid", `The pattern is not valid: ${messageOf(error)}`, {
      hint: "Patterns are JavaScript regular expressions.",
    });
  }
}
