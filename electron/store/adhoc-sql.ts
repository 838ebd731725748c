/**
 * One statement of a person's own against a SQLite file of their own. It runs in a worker thread that is ended when it
 * takes too long. Never for this app's database: its tables are reached through their own files here.
 */
import Database from "better-sqlite3";

export interface AdhocQuery {
  /** Absolute path of an existing file. */
  path: string;
  sql: string;
  /** By position, or by name for `:name`, `@name` and `$name`. */
  params?: readonly unknown[] | Readonly<Record<string, unknown>>;
  maxRows: number;
  /** Without it the file is opened read-only. */
  allowWrite: boolean;
}

export interface AdhocResult {
  /** Values are JSON: a blob is base64 text, an integer beyond 2^53 is text. */
  rows: Record<string, unknown>[];
  columns: string[];
  count: number;
  /** More rows were there than `maxRows`. */
  truncated: boolean;
  /** Rows that a writing statement changed. */
  changes: number;
}

/** How long a locked file is waited for, in milliseconds. The caller's own timeout still ends the thread. */
const BUSY_TIMEOUT_MS = 5000;

/** Runs the statement. Throws what SQLite throws: its messages are about the person's own SQL, and they can use them. */
export function adhocQuery({ path, sql, params, maxRows, allowWrite }: AdhocQuery): AdhocResult {
  const database = new Database(path, { readonly: !allowWrite, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma("trusted_schema = OFF");
    refuseOtherFiles(sql, allowWrite);
    const statement = database.prepare(sql).safeIntegers(true);
    const bound = (
      params === undefined ? [] : Array.isArray(params) ? params.map(bindable) : [bindableNames(params)]
    ) as unknown[];
    if (!statement.reader) {
      return { rows: [], columns: [], count: 0, truncated: false, changes: statement.run(...bound).changes };
    }
    const columns = statement.columns().map((column) => column.name);
    const rows: Record<string, unknown>[] = [];
    for (const row of statement.iterate(...bound)) {
      if (rows.length === maxRows) return { rows, columns, count: rows.length, truncated: true, changes: 0 };
      rows.push(jsonRow(row as Record<string, unknown>));
    }
    return { rows, columns, count: rows.length, truncated: false, changes: 0 };
  } finally {
    database.close();
  }
}

/** ATTACH and VACUUM INTO reach files beyond the one that was vetted, even on a read-only connection. */
const READING = /^(select|with|values|explain|pragma)\b/i;
const WRITING = /^(insert|update|delete|replace|create|drop|alter|reindex|analyze)\b/i;

function refuseOtherFiles(sql: string, allowWrite: boolean): void {
  const start = sql.replace(/^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/, "");
  if (READING.test(start) || (allowWrite && WRITING.test(start))) return;
  const verb = /^\w*/.exec(start)?.[0].toUpperCase() ?? "";
  throw new Error(
    WRITING.test(start)
      ? `${verb} changes the file, which was opened for reading`
      : `${verb || "an empty statement"} is not possible here`,
  );
}

const jsonRow = (row: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, jsonValue(value)]));

function jsonValue(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString("base64");
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** What SQLite can hold: true and false become 1 and 0, lists and objects become JSON text. */
function bindable(value: unknown): unknown {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return value === undefined ? null : value;
}

const bindableNames = (params: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name.replace(/^[:@$]/, ""), bindable(value)]));
