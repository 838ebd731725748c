/** CSV to records and back, by RFC 4180 with any one-character delimiter. */
import { parse } from "csv-parse/sync";
import { messageOf } from "../../lib/app-error.ts";
import { readRegular } from "../regular-file.ts";
import { StepError } from "../step-type.ts";

export interface CsvParseInput {
  /**
   * The text itself, or a UTF-8 file, so that a big one is not copied between threads: its vetted path, the path as it
   * was written, for errors, and how many bytes are read at most.
   */
  source: { text: string } | { path: string; written: string; maxBytes: number };
  delimiter: string;
  hasHeader: boolean;
  /** Turn plain decimal numbers into numbers. Text with leading zeros stays text. */
  parseNumbers: boolean;
}

export interface CsvTable {
  records: Record<string, unknown>[];
  columns: string[];
  count: number;
}

export interface CsvFormatInput {
  records: readonly unknown[];
  delimiter: string;
  includeHeader: boolean;
  /** Which columns, in which order; all that occur if absent. */
  columns?: readonly string[];
}

/** Records keyed by the header, or by `col_0`, `col_1` … without one. Values are text unless numbers are asked for. */
export async function csvParse({ source, delimiter, hasHeader, parseNumbers }: CsvParseInput): Promise<CsvTable> {
  const text = "path" in source ? await textOf(source) : source.text;
  const rows = parsedRows(text, delimiter);
  const head = hasHeader ? rows.shift() : undefined;
  const columns = head ? uniqueNames(head) : (rows[0] ?? []).map((_, index) => `col_${index}`);
  const value = parseNumbers ? numberOrText : (cell: string) => cell;
  const records = rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, value(row[index] ?? "")])));
  return { records, columns, count: records.length };
}

const textOf = async ({ path, written, maxBytes }: { path: string; written: string; maxBytes: number }) =>
  (await readRegular(path, written, maxBytes)).toString("utf8");

function parsedRows(text: string, delimiter: string): string[][] {
  try {
    return parse(text, { delimiter, bom: true, skip_empty_lines: true, relax_column_count_less: true });
  } catch (error) {
    throw new StepError("csv_invalid", `The CSV cannot be read: ${messageOf(error)}`, {
      hint: "Check the delimiter and the quotes.",
    });
  }
}

/** A second column of the same name would hide the first. */
function uniqueNames(head: string[]): string[] {
  const seen = new Map<string, number>();
  return head.map((raw, index) => {
    const name = raw.trim() || `col_${index}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name}_${times}`;
  });
}

const PLAIN_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;

function numberOrText(cell: string): string | number {
  const number = PLAIN_NUMBER.test(cell) ? Number(cell) : Number.NaN;
  // A long identifier would lose digits as a number, so it stays text.
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : cell;
}

/** Records may be objects, or lists of cells. Values that are not plain are written as JSON. */
export function csvFormat({ records, delimiter, includeHeader, columns }: CsvFormatInput): {
  csv: string;
  columns: string[];
  count: number;
} {
  const names = columns ? [...columns] : columnsOf(records);
  const lines = records.map((record) => (Array.isArray(record) ? record : names.map((name) => fieldOf(record, name))));
  const head = includeHeader && names.length > 0 ? [names] : [];
  const csv = [...head, ...lines]
    .map((cells) => `${cells.map((cell) => quoted(cell, delimiter)).join(delimiter)}\n`)
    .join("");
  return { csv, columns: names, count: records.length };
}

function columnsOf(records: readonly unknown[]): string[] {
  const names = new Set<string>();
  for (const record of records) {
    if (typeof record === "object" && record !== null && !Array.isArray(record))
      for (const name of Object.keys(record)) names.add(name);
  }
  return [...names];
}

const fieldOf = (record: unknown, name: string): unknown =>
  typeof record === "object" && record !== null ? (record as Record<string, unknown>)[name] : record;

function quoted(value: unknown, delimiter: string): string {
  const text = value == null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const needsQuotes = text.includes(delimiter) || /["\r\n]/.test(text) || text !== text.trim();
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}
