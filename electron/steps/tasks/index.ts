/**
 * What the compute pool can do: plain functions of plain values, each ended by force when it takes too long.
 * No context, no clock, no network in here; a file is read only where its path was already vetted.
 */
import type { AdhocQuery, AdhocResult } from "../../store/adhoc-sql.ts";
import { type CsvFormatInput, type CsvParseInput, type CsvTable, csvFormat, csvParse } from "./csv.ts";
import { evaluateJsonata, type JsonataInput } from "./json-transform.ts";
import { type JsonProblem, type JsonValidateInput, validateJson } from "./json-validate.ts";
import { extractMatches, type RegexInput, type RegexMatch } from "./regex.ts";
import { type MarkdownInput, renderMarkdown } from "./report/markdown.ts";
import { runSqlite } from "./sqlite.ts";

/** Every task takes one value and gives one, both fit for posting between threads. Failures are thrown as StepErrors. */
export interface ComputeTasks {
  csv_parse(input: CsvParseInput): Promise<CsvTable>;
  csv_format(input: CsvFormatInput): { csv: string; columns: string[]; count: number };
  jsonata(input: JsonataInput): Promise<unknown>;
  json_validate(input: JsonValidateInput): { valid: boolean; errors: JsonProblem[] };
  regex_extract(input: RegexInput): { matches: RegexMatch[]; count: number; truncated: boolean };
  markdown_to_html(input: MarkdownInput): Promise<string>;
  sqlite_query(input: AdhocQuery): AdhocResult;
}

export const computeTasks: ComputeTasks = {
  csv_parse: csvParse,
  csv_format: csvFormat,
  jsonata: evaluateJsonata,
  json_validate: validateJson,
  regex_extract: extractMatches,
  markdown_to_html: renderMarkdown,
  sqlite_query: runSqlite,
};
