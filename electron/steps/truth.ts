/** What counts as false in conditions: `when` of a step and the condition of a branch. Everything else is true. */

const FALSE_WORDS: ReadonlySet<string> = new Set(["", "false", "no", "off", "0", "none", "null"]);

export function isTruthy(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value === "string") return !FALSE_WORDS.has(value.trim().toLowerCase());
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object") return Object.keys(value).length > 0;
  return Boolean(value);
}
