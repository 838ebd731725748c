/** Finds what fits a pattern. */
import { z } from "zod";
import { fromLast } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  text: z.string().optional().describe("Where to look; the text of the step before if not given"),
  pattern: z.string().optional().describe("A regular expression"),
  ignore_case: z.boolean().default(false),
  multiline: z.boolean().default(false).describe("^ and $ also stand at line ends"),
  dotall: z.boolean().default(false).describe(". also stands for a line end"),
  max_matches: z.int().min(1).max(1_000_000).default(100_000).describe("No more matches than so many"),
});

/** Time enough for any honest pattern. A step's own timeout_seconds stands in its place. */
const DEFAULT_LIMIT_MS = 5000;

export const regexExtract = defineStep({
  type: "regex_extract",
  title: "Find by pattern",
  group: "data",
  description:
    "Gives `matches` (full, start, end, groups, named), `count` and `truncated`. A pattern that runs away is ended.",
  schema,
  example: { text: "1, 22, 333", pattern: "\\d+" },
  capability: CAPABILITY.pure,
  inner: true,
  async execute({ config, last, compute, timeoutMs: limitMs = DEFAULT_LIMIT_MS }) {
    const text = config.text ?? fromLast(last, ["text", "content", "stdout"]);
    if (config.pattern === undefined)
      return failed("missing_pattern", "There is no pattern.", { hint: "Set pattern.", retryable: false });
    if (typeof text !== "string")
      return failed("missing_text", "There is no text to look in.", { hint: "Set text.", retryable: false });
    const { pattern, ignore_case: ignoreCase, multiline, dotall: dotAll, max_matches: maxMatches } = config;
    const input = { text, pattern, ignoreCase, multiline, dotAll, maxMatches, limitMs };
    return ok({ ...(await compute("regex_extract", input)) });
  },
});
