/** From a problem's path to its place in the text, and changes to the text that leave all the rest as it was written. Pure. */
import { type Document, isMap, isNode, isSeq, LineCounter, parseDocument, stringify } from "yaml";

export interface Parsed {
  /** The value, or undefined when the text is not YAML yet. */
  value: Record<string, unknown> | undefined;
  /** What is wrong with the text itself. */
  syntax: Place[];
  document: Document;
  lines: LineCounter;
}

export interface Place {
  message: string;
  from: number;
  to: number;
  line: number;
}

export function parseText(text: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const found = document.errors.map(({ message, pos: [from, to] }) => ({
    message,
    from,
    to,
    line: lines.linePos(from).line,
  }));
  // One slip often confuses the reader several times; the first complaint about a line is the useful one.
  const syntax = found.filter((place, index) => found.findIndex((each) => each.line === place.line) === index);
  const value: unknown = syntax.length === 0 ? document.toJS() : undefined;
  if (syntax.length > 0 || isRecord(value))
    return { value: isRecord(value) ? value : undefined, syntax, document, lines };
  const message =
    text.trim() === ""
      ? "Write a definition, or insert a step."
      : "A definition is a list of fields, such as name and steps.";
  return { value: undefined, syntax: [{ message, from: 0, to: Math.min(text.length, 1), line: 1 }], document, lines };
}

/** Where a path like `steps[2].config.url` stands; the nearest thing that exists when it does not. */
export function placeOf({ document, lines }: Pick<Parsed, "document" | "lines">, path: string): Omit<Place, "message"> {
  const keys = [...path.matchAll(/([^.[\]/]+)/g)].map(([key]) => (/^\d+$/.test(key) ? Number(key) : key));
  for (let length = keys.length; length > 0; length--) {
    const range = rangeAt(document, keys.slice(0, length));
    if (range) return { from: range[0], to: range[1], line: lines.linePos(range[0]).line };
  }
  return { from: 0, to: 0, line: 1 };
}

function rangeAt(document: Document, keys: (string | number)[]): [number, number] | null {
  const key = keys.at(-1);
  const parent: unknown = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isNode(item.key) && item.key.toJSON() === key);
    return pair && isNode(pair.key) && pair.key.range ? [pair.key.range[0], pair.key.range[1]] : null;
  }
  const item: unknown = isSeq(parent) && typeof key === "number" ? parent.items[key] : undefined;
  return isNode(item) && item.range ? [item.range[0], item.range[1]] : null;
}

/** The text with another version number at its top level. */
export function withVersion(text: string, version: number): string {
  if (/^version:.*$/m.test(text)) return text.replace(/^version:.*$/m, `version: ${version}`);
  if (/^\s*\{/.test(text)) return text.replace(/"version"\s*:\s*\d+/, `"version": ${version}`);
  return text.replace(/^(name:.*)$/m, `$1\nversion: ${version}`);
}

/** The text with a step behind the last one, and where the new step begins. */
export function withStep(text: string, step: Record<string, unknown>): { text: string; at: number } {
  const { document } = parseText(text);
  const steps: unknown = document.getIn(["steps"], true);
  const last: unknown = isSeq(steps) ? steps.items.at(-1) : undefined;
  if (!isSeq(steps) || steps.flow || !isNode(last) || !last.range) return rewritten(document, step);
  const column = last.range[0] - (text.lastIndexOf("\n", last.range[0] - 1) + 1) - 2;
  const indent = " ".repeat(Math.max(0, column));
  const block = stringify([step], { lineWidth: 0 }).trimEnd().replace(/^/gm, indent);
  const end = last.range[1];
  const before = text.slice(0, end).trimEnd();
  const after = text.slice(end).replace(/^\s*\n?/, "");
  return { text: `${before}\n${block}\n${after}`, at: before.length + 1 };
}

/** When there is no list of steps in block style to append to, the document is written anew. */
function rewritten(document: Document, step: Record<string, unknown>): { text: string; at: number } {
  const value: unknown = document.toJS();
  const base = isRecord(value) ? value : {};
  const steps = Array.isArray(base.steps) ? base.steps : [];
  const text = stringify({ name: "my-workflow", version: 1, ...base, steps: [...steps, step] }, { lineWidth: 0 });
  return { text, at: text.lastIndexOf(`- id: ${String(step.id)}`) };
}

/** An id that no step has yet: `shell`, `shell_2` … */
export function freeStepId(value: Record<string, unknown> | undefined, type: string): string {
  const steps: unknown[] = Array.isArray(value?.steps) ? value.steps : [];
  const taken = new Set(steps.map((step) => (isRecord(step) ? step.id : undefined)));
  if (!taken.has(type)) return type;
  let number = 2;
  while (taken.has(`${type}_${number}`)) number++;
  return `${type}_${number}`;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
