/** Looks a text over for personal data, unwanted words and length before something is done with it. */
import { z } from "zod";
import { asText, fromLast } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok, type StepContext } from "./step-type.ts";

const schema = z
  .strictObject({
    text: z.string().optional().describe("The text itself, instead of text_source"),
    text_source: z
      .enum(["last", "inputs", "field"])
      .default("last")
      .describe("last: the text of the step before; inputs: the inputs of the run; field: what stands at field"),
    field: z
      .string()
      .regex(/^[A-Za-z_]\w*(\.\w+|\[\d+\])*$/, "must be a path like inputs.note or fetch.text")
      .optional()
      .describe("With text_source field: a path from the names that templates see"),
    block_on_pii: z.boolean().default(false).describe("Personal data blocks; else it is only told"),
    block_words: z.array(z.string().min(1).max(200)).max(1000).default([]).describe("Each blocks, in any case"),
    max_length: z.int().min(1).optional().describe("More characters block"),
    redact_preview: z.boolean().default(false).describe("Give the beginning with what was found blacked out"),
    fail_on_block: z.boolean().default(false).describe("Fail the step with policy_failed instead of only telling"),
  })
  .refine((config) => config.text_source !== "field" || config.field !== undefined || config.text !== undefined, {
    path: ["field"],
    error: "text_source field needs a field",
  });
type Config = z.output<typeof schema>;

const PREVIEW_CHARACTERS = 500;

export const policyCheck = defineStep({
  type: "policy_check",
  title: "Check a policy",
  group: "core",
  description:
    "Gives `flags` (pii, block_words, too_long), `blocked`, `reasons`, `found` and, if asked, `preview`. It finds patterns, not names. Go on by branch, or set fail_on_block.",
  schema,
  example: { text: "Write to pia@example.com.", block_on_pii: true, redact_preview: true },
  capability: CAPABILITY.pure,
  inner: true,
  async execute(context) {
    const { config, signal, compute } = context;
    if (signal.aborted) return { status: "cancelled" };
    const text = await textOf(context);
    const { pii, words, redacted } = await compute("policy_check", { text, words: config.block_words });
    const flags = {
      pii: Object.keys(pii).length > 0,
      block_words: words.length > 0,
      too_long: config.max_length !== undefined && text.length > config.max_length,
    };
    const reasons = [
      ...(flags.pii && config.block_on_pii ? ["pii_detected"] : []),
      ...(flags.block_words ? ["blocked_terms"] : []),
      ...(flags.too_long ? ["too_long"] : []),
    ];
    const outputs = {
      flags,
      blocked: reasons.length > 0,
      reasons,
      found: { pii, words },
      ...(config.redact_preview ? { preview: redacted.slice(0, PREVIEW_CHARACTERS) } : {}),
    };
    if (!outputs.blocked || !config.fail_on_block) return ok(outputs);
    return failed("policy_failed", `The text is not allowed to go on: ${reasons.join(", ")}.`, {
      hint: "Look at found in the outputs of this step.",
      outputs: { error: "policy_failed", ...outputs },
    });
  },
});

async function textOf({ config, last, render }: StepContext<Config>): Promise<string> {
  if (config.text !== undefined) return config.text;
  if (config.text_source === "field") return asText(await render(`{{ ${config.field} }}`));
  if (config.text_source === "last") return asText(fromLast(last, ["text", "content"]) ?? last);
  return asText(await render("{{ inputs }}"));
}
