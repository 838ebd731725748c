/** Takes secrets out of what is kept or shown: every value, at any depth, in keys as in texts. Pure. */

/** Shorter ones stand in too many innocent places, and would make every text unreadable. */
export const SHORTEST_REDACTED = 4;

/** The same value without any secret in it; the very same object when there is none. */
export type Redactor = <T>(value: T) => T;

const unchanged: Redactor = (value) => value;

/** @param secrets name -> value. Also their JSON, URL and base64 forms are taken out. */
export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  const marks = Object.entries(secrets)
    .flatMap(([name, value]) => formsOf(value).map((form): [string, string] => [form, `[secret ${name}]`]))
    .filter(([form]) => form.length >= SHORTEST_REDACTED)
    // The longest first: a secret may be part of another one.
    .sort(([a], [b]) => b.length - a.length);
  if (marks.length === 0) return unchanged;
  const redactText = (text: string): string =>
    marks.reduce((left, [form, mark]) => (left.includes(form) ? left.replaceAll(form, mark) : left), text);
  return <T>(value: T): T => redactValue(value, redactText) as T;
}

function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = Buffer.from(value, "utf8").toString("base64");
  return [...new Set([value, json, encodeURIComponent(value), base64, base64.replace(/=+$/, "")])];
}

function redactValue(value: unknown, redactText: (text: string) => string): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => redactValue(item, redactText));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const entries = Object.entries(value);
  const redacted = entries.map(([key, inner]): [string, unknown] => [redactText(key), redactValue(inner, redactText)]);
  const same = redacted.every(([key, inner], index) => key === entries[index]?.[0] && inner === entries[index]?.[1]);
  return same ? value : Object.fromEntries(redacted);
}
