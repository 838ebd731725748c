/** All step types there are, and what to say about those there are not. */
import { z } from "zod";
import { nearestName } from "../../shared/definition-check.ts";
import type { StepTypeInfo } from "../../shared/step-type.ts";
import { atomFetch } from "./atom-fetch.ts";
import { batch } from "./batch.ts";
import { branch } from "./branch.ts";
import { cacheResult } from "./cache-result.ts";
import { checkpoint } from "./checkpoint.ts";
import { contextBuild } from "./context-build.ts";
import { csvToJson } from "./csv-to-json.ts";
import { delay } from "./delay.ts";
import { diffChange, diffChangeDetector } from "./diff-change.ts";
import { documentDiff } from "./document-diff.ts";
import { documentMerge } from "./document-merge.ts";
import { emailSend } from "./email-send.ts";
import { embed } from "./embed.ts";
import { entityExtract } from "./entity-extract.ts";
import { fail } from "./fail.ts";
import { fileList } from "./file-list.ts";
import { fileRead } from "./file-read.ts";
import { fileWrite } from "./file-write.ts";
import { htmlToMarkdown } from "./html-to-markdown.ts";
import { http } from "./http.ts";
import { jsonToCsv } from "./json-to-csv.ts";
import { jsonTransform } from "./json-transform.ts";
import { jsonValidate } from "./json-validate.ts";
import { keywordExtract } from "./keyword-extract.ts";
import { languageDetect } from "./language-detect.ts";
import { llm } from "./llm.ts";
import { log } from "./log.ts";
import { map } from "./map.ts";
import { markdownToHtml } from "./markdown-to-html.ts";
import { mcpTool } from "./mcp-tool.ts";
import { notify } from "./notify.ts";
import { parallel } from "./parallel.ts";
import { policyCheck } from "./policy-check.ts";
import { prompt } from "./prompt.ts";
import { regexExtract } from "./regex-extract.ts";
import { retry } from "./retry.ts";
import { rssFetch } from "./rss-fetch.ts";
import { sentimentAnalyze } from "./sentiment-analyze.ts";
import { set } from "./set.ts";
import { shell } from "./shell.ts";
import { sqliteQuery } from "./sqlite-query.ts";
import { state } from "./state.ts";
import type { StepType } from "./step-type.ts";
import { summarize } from "./summarize.ts";
import { switchStep } from "./switch.ts";
import { templateRender } from "./template-render.ts";
import { textClean } from "./text-clean.ts";
import { timingStart, timingStop } from "./timing.ts";
import { tokenCount } from "./token-count.ts";
import { topicModel } from "./topic-model.ts";
import { translate } from "./translate.ts";
import { hintFor } from "./unsupported.ts";
import { waitForApproval } from "./wait-for-approval.ts";
import { waitForHuman } from "./wait-for-human.ts";
import { waitUntil } from "./wait-until.ts";
import { webhook } from "./webhook.ts";
import { xmlTransform } from "./xml-transform.ts";
import { zip } from "./zip.ts";

/** The first version of this app that has them. */
const MIN_ENGINE_VERSION = "0.1.0";

/**
 * A type's schema belongs to its own execute, which the list of all types cannot say. The engine keeps the promise:
 * execute is only called with what this very schema gave.
 */
const listed = (...types: unknown[]): StepType[] => types as StepType[];

const ALL = listed(
  prompt,
  set,
  log,
  branch,
  switchStep,
  map,
  parallel,
  delay,
  waitUntil,
  waitForApproval,
  waitForHuman,
  state,
  retry,
  cacheResult,
  checkpoint,
  policyCheck,
  timingStart,
  timingStop,
  fail,
  shell,
  fileRead,
  fileWrite,
  fileList,
  zip,
  sqliteQuery,
  csvToJson,
  jsonToCsv,
  jsonTransform,
  jsonValidate,
  templateRender,
  regexExtract,
  markdownToHtml,
  htmlToMarkdown,
  xmlTransform,
  textClean,
  documentDiff,
  documentMerge,
  contextBuild,
  batch,
  diffChangeDetector,
  diffChange,
  tokenCount,
  languageDetect,
  http,
  webhook,
  notify,
  llm,
  embed,
  summarize,
  translate,
  keywordExtract,
  topicModel,
  entityExtract,
  sentimentAnalyze,
  rssFetch,
  atomFetch,
  emailSend,
  mcpTool,
);

/** Step types by name, in the order in which they are shown. */
export const STEP_TYPES: ReadonlyMap<string, StepType> = new Map(ALL.map((type) => [type.type, type]));

/** What the interface and the API tell of each type. */
export const stepTypeInfos = (): StepTypeInfo[] =>
  ALL.map(({ type, title, group, description, schema, example, capability }) => ({
    name: type,
    title,
    group,
    description,
    schema: z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>,
    example: example as Record<string, unknown>,
    min_engine_version: MIN_ENGINE_VERSION,
    capabilities: capability,
  }));

interface WrittenStep {
  type: string;
  config: Readonly<Record<string, unknown>>;
}

/** Every command that these steps, and the steps inside them, would run: as written, in order, each once. */
export function commandsOf(steps: readonly WrittenStep[]): string[] {
  const found = steps.flatMap((step) => {
    const type = STEP_TYPES.get(step.type);
    return [...(type?.commands?.(step.config) ?? []), ...commandsOf(type?.nested?.(step.config) ?? [])];
  });
  return [...new Set(found)];
}

/** What to use instead of a type that exists in other engines and not here; null for names that are simply unknown. */
export const unsupportedHint = (type: string): string | null => (STEP_TYPES.has(type) ? null : hintFor(type));

/** The step type whose name is nearest to a slip; null if none is near. */
export const nearestType = (name: string): string | null => nearestName(name, STEP_TYPES.keys()) ?? null;
