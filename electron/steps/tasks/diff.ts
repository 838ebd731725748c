/** How two texts differ: as a patch, as HTML, side by side, or as one number. */
import { createTwoFilesPatch, diffLines, diffWordsWithSpace, FILE_HEADERS_ONLY } from "diff";
import { escapeHtml } from "./report/escape.ts";

export interface DiffInput {
  before: string;
  after: string;
  format: "unified" | "html" | "side_by_side";
  /** Unchanged lines round each change, in the unified format. */
  contextLines: number;
  names: { before: string; after: string };
}

export interface TextDiff {
  diff: string;
  has_changes: boolean;
  /** Lines that came and that went. */
  additions: number;
  deletions: number;
  /** Only side by side: a line of each text, null where there is none. */
  rows?: DiffRow[];
}

export interface DiffRow {
  kind: "same" | "changed" | "added" | "removed";
  left: string | null;
  right: string | null;
}

interface Part {
  added: boolean;
  removed: boolean;
  lines: string[];
}

export function diffTexts(input: DiffInput): TextDiff {
  const parts = diffLines(input.before, input.after).map(
    ({ added, removed, value }): Part => ({ added, removed, lines: linesOf(value) }),
  );
  const count = (side: "added" | "removed") =>
    parts.reduce((sum, part) => sum + (part[side] ? part.lines.length : 0), 0);
  const counts = { has_changes: input.before !== input.after, additions: count("added"), deletions: count("removed") };
  if (input.format === "html") return { diff: asHtml(parts), ...counts };
  if (input.format === "unified") return { diff: asPatch(input), ...counts };
  const rows = asRows(parts);
  return { diff: asColumns(rows), ...counts, rows };
}

/** Equal texts have an empty patch, without the header. */
export function asPatch({ before, after, names, contextLines }: Omit<DiffInput, "format">): string {
  if (before === after) return "";
  return createTwoFilesPatch(names.before, names.after, before, after, undefined, undefined, {
    context: contextLines,
    headerOptions: FILE_HEADERS_ONLY,
  });
}

/** From 0 to 1: twice the characters of the words in common, in order, by the characters of both. 1 for two empty texts. */
export function similarity({ before, after }: { before: string; after: string }): number {
  if (before === after) return 1;
  const common = diffWordsWithSpace(before, after)
    .filter(({ added, removed }) => !added && !removed)
    .reduce((sum, { value }) => sum + value.length, 0);
  return (2 * common) / (before.length + after.length);
}

const linesOf = (text: string): string[] => text.replace(/\r?\n$/, "").split(/\r?\n/);

function asHtml(parts: readonly Part[]): string {
  const lines = parts.flatMap(({ added, removed, lines }) => {
    const tag = added ? "ins" : removed ? "del" : "span";
    return lines.map((line) => `<${tag}>${escapeHtml(line)}</${tag}>`);
  });
  return `<pre class="diff">\n${lines.join("\n")}\n</pre>`;
}

function asRows(parts: readonly Part[]): DiffRow[] {
  const rows: DiffRow[] = [];
  for (const [index, part] of parts.entries()) {
    // What went and what came in its place stand beside each other.
    const previous = parts[index - 1];
    if (part.added && previous?.removed) continue;
    const next = parts[index + 1];
    const right = part.removed && next?.added ? next.lines : part.removed ? [] : part.lines;
    const left = part.added ? [] : part.lines;
    for (let line = 0; line < Math.max(left.length, right.length); line++)
      rows.push(rowOf(left[line] ?? null, right[line] ?? null));
  }
  return rows;
}

function rowOf(left: string | null, right: string | null): DiffRow {
  const kind = left === null ? "added" : right === null ? "removed" : left === right ? "same" : "changed";
  return { kind, left, right };
}

const WIDEST_COLUMN = 80;
const MARKS = { same: " ", changed: "~", added: "+", removed: "-" } as const satisfies Record<DiffRow["kind"], string>;

/** Two columns of text; a line that is too wide pushes its neighbour aside, so that nothing is lost. */
function asColumns(rows: readonly DiffRow[]): string {
  const widest = rows.reduce((width, { left }) => Math.max(width, left?.length ?? 0), 0);
  const width = Math.min(widest, WIDEST_COLUMN);
  return rows
    .map(({ kind, left, right }) => `${(left ?? "").padEnd(width)} ${MARKS[kind]} ${right ?? ""}`.trimEnd())
    .join("\n");
}
