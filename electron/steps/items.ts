/** A list from what people write for one: a list, a JSON list as text, or words between commas. */

/** The list, or null if the value is none. Empty text is an empty list. */
export function listOf(value: unknown): unknown[] | null {
  if (Array.isArray(value)) return value;
  if (typeof value !== "string") return null;
  const text = value.trim();
  if (text.startsWith("[")) return jsonList(text);
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

function jsonList(text: string): unknown[] | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    // Text that begins like a list but is none: the caller says so in its own words.
    return null;
  }
}
