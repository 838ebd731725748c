/**
 * What the compute pool can do: plain functions of plain values, each ended by force when it takes too long.
 * No context, no clock, no network in here; a file is read only where its path was already vetted.
 */
import type { AdhocQuery, AdhocResult } from "../../store/adhoc-sql.ts";
import { type CsvFormatInput, type CsvParseInput, type CsvTable, csvFormat, csvParse } from "./csv.ts";
import { type DiffInput, diffTexts, similarity, type TextDiff } from "./diff.ts";
import { type Feed, type FeedInput, parseFeedText } from "./feed.ts";
import type { HtmlInput } from "./html-to-markdown.ts";
import { evaluateJsonata, type JsonataInput } from "./json-transform.ts";
import { type JsonProblem, type JsonValidateInput, validateJson } from "./json-validate.ts";
import { detectLanguage, type LanguageGuess } from "./language.ts";
import { findPolicy, type PolicyFindings, type PolicyInput } from "./policy.ts";
import { extractMatches, type RegexInput, type RegexMatches } from "./regex.ts";
import { type MarkdownInput, renderMarkdown } from "./report/markdown.ts";
import { runSqlite } from "./sqlite.ts";
import { type CleanInput, cleanText } from "./text-clean.ts";
import { countTokens, type TextSize } from "./tokens.ts";
import type { XmlInput } from "./xml/transform.ts";

/** Every task takes one value and gives one, both fit for posting between threads. Failures are thrown as StepErrors. */
export interface ComputeTasks {
  csv_parse(input: CsvParseInput): Promise<CsvTable>;
  csv_format(input: CsvFormatInput): { csv: string; columns: string[]; count: number };
  jsonata(input: JsonataInput): Promise<unknown>;
  json_validate(input: JsonValidateInput): { valid: boolean; errors: JsonProblem[] };
  regex_extract(input: RegexInput): RegexMatches;
  markdown_to_html(input: MarkdownInput): Promise<string>;
  feed_parse(input: FeedInput): Promise<Feed>;
  sqlite_query(input: AdhocQuery): AdhocResult;
  xml_transform(input: XmlInput): Promise<{ results: unknown[]; count: number }>;
  html_to_markdown(input: HtmlInput): Promise<string>;
  text_clean(input: CleanInput): string;
  document_diff(input: DiffInput): TextDiff;
  text_similarity(input: { before: string; after: string }): number;
  token_count(input: { text: string }): TextSize;
  language_detect(input: { text: string }): LanguageGuess;
  policy_check(input: PolicyInput): PolicyFindings;
}

export const computeTasks: ComputeTasks = {
  csv_parse: csvParse,
  csv_format: csvFormat,
  jsonata: evaluateJsonata,
  json_validate: validateJson,
  regex_extract: extractMatches,
  markdown_to_html: renderMarkdown,
  feed_parse: parseFeedText,
  sqlite_query: runSqlite,
  // Loaded on first use: their libraries would hold up the first task of every kind by some 80 ms.
  xml_transform: async (input) => (await import("./xml/transform.ts")).transformXml(input),
  html_to_markdown: async (input) => (await import("./html-to-markdown.ts")).htmlToMarkdown(input),
  text_clean: cleanText,
  document_diff: diffTexts,
  text_similarity: similarity,
  token_count: countTokens,
  language_detect: detectLanguage,
  policy_check: findPolicy,
};
