/** All matches of a pattern. A pattern that never ends is ended with its thread. */
import { messageOf } from "../../lib/app-error.ts";
import { StepError } from "../step-type.ts";

export interface RegexInput {
  text: string;
  pattern: string;
  ignoreCase: boolean;
  multiline: boolean;
  dotAll: boolean;
  maxMatches: number;
}

export interface RegexMatch {
  full: string;
  start: number;
  end: number;
  /** By position; a group that took no part is null. */
  groups: (string | null)[];
  named: Record<string, string | null>;
}

export function extractMatches(input: RegexInput): { matches: RegexMatch[]; count: number; truncated: boolean } {
  const matches: RegexMatch[] = [];
  for (const found of input.text.matchAll(compiled(input))) {
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
