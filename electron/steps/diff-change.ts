/** Tells whether a text has changed since the last run of this workflow. Two names for one type. */
import { z } from "zod";
import { fromLast } from "./fields.ts";
import { CAPABILITY, defineStep, failed, type Outputs, ok, type StepContext } from "./step-type.ts";

const schema = z.strictObject({
  current: z.string().optional().describe("The text to watch; the text of the step before if not given"),
  method: z
    .enum(["ratio", "unified"])
    .default("ratio")
    .describe("ratio: changed when less alike than threshold; unified: changed by any difference, shown as a patch"),
  threshold: z.number().min(0).max(1).default(0.9).describe("ratio: how alike texts must be to count as unchanged"),
  key: z.string().min(1).max(200).optional().describe("What to remember the text under; the step's id if not given"),
});
type Config = z.output<typeof schema>;

/** The text is kept from run to run, so it must stay of a size that the database likes. */
const LONGEST_TEXT = 2_000_000;

/** What is kept: the text of the last visit, who wrote it, and what it was compared with. */
interface Remembered {
  text: string;
  by: string;
  before: string | null;
}

const changeDetector = (type: string, title: string) =>
  defineStep({
    type,
    title,
    group: "data",
    description:
      "Compares a text with what it was in the run before, and remembers it. Gives `changed`, `ratio` or `diff`, `text` and `previous`. The first time, `changed` is true and `previous` null.",
    schema,
    example: { current: "Open from nine to five.", threshold: 0.95 },
    // What it remembers says who wrote it, so doing it again after a crash gives the same answer.
    capability: CAPABILITY.pure,
    // Inside map, every item would be compared with the one before it.
    inner: false,
    async execute(context) {
      const { config, last, signal, state, step, run } = context;
      if (signal.aborted) return { status: "cancelled" };
      const text = config.current ?? fromLast(last, ["text", "content", "response_text", "stdout"]);
      if (typeof text !== "string")
        return failed("missing_text", "There is no text to watch.", { hint: "Set current.", retryable: false });
      if (text.length > LONGEST_TEXT) {
        return failed("text_too_large", `The text has ${text.length} characters, more than ${LONGEST_TEXT}.`, {
          hint: "Watch a part of it.",
          retryable: false,
        });
      }
      const key = `diff_change:${config.key ?? step.id}`;
      const by = `${run.id}:${step.id}:${step.visit}`;
      const remembered = rememberedOf(await state.get(key));
      const before = remembered?.by === by ? remembered.before : (remembered?.text ?? null);
      const outputs = await compared(before, text, context);
      await state.set(key, { text, by, before } satisfies Remembered);
      return ok(outputs);
    },
  });

export const diffChangeDetector = changeDetector("diff_change_detector", "Has it changed?");
export const diffChange = changeDetector("diff_change", "Has it changed? (short name)");

async function compared(
  before: string | null,
  text: string,
  { config, compute }: StepContext<Config>,
): Promise<Outputs> {
  if (config.method === "ratio") {
    const ratio = before === null ? 0 : await compute("text_similarity", { before, after: text });
    return { changed: before === null || ratio < config.threshold, ratio, text, previous: before };
  }
  const { diff } = await compute("document_diff", {
    before: before ?? "",
    after: text,
    format: "unified",
    contextLines: 3,
    names: { before: "previous", after: "current" },
  });
  return { changed: before === null || before !== text, diff, text, previous: before };
}

function rememberedOf(stored: unknown): Remembered | null {
  const kept = z.object({ text: z.string(), by: z.string(), before: z.string().nullable() }).safeParse(stored);
  return kept.success ? kept.data : null;
}
