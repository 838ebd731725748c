/** A text from a template. It calls no model: it is the plainest step, and the one to try failure handling with. */
import { z } from "zod";
import { pause } from "../lib/clock.ts";
import { asText } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  template: z.string().optional().describe("The text, with {{ … }} where values go"),
  prompt: z.string().optional().describe("Another name for template"),
  variables: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Names that the template may use besides its scope"),
  save_artifact: z.boolean().default(false).describe("Keep the text as prompt.txt"),
  simulate_delay_ms: z.int().min(0).max(600_000).default(0).describe("Take this long, to try out timeouts"),
  force_error: z.boolean().default(false).describe("Fail with forced_error, to try out failure handling"),
});

export const prompt = defineStep({
  type: "prompt",
  title: "Text",
  group: "core",
  description: "Writes a text from a template. Gives `text`. No model is called.",
  schema,
  example: { template: "Hello {{ name }}", variables: { name: "world" } },
  capability: CAPABILITY.pure,
  raw: ["template", "prompt"],
  inner: true,
  async execute({ config, clock, signal, render, artifacts }) {
    if (config.simulate_delay_ms > 0) await pause(clock, config.simulate_delay_ms, signal);
    if (signal.aborted) return { status: "cancelled" };
    if (config.force_error) {
      return failed("forced_error", "This step was asked to fail (force_error).", { hint: "Take force_error away." });
    }
    const text = asText(await render(config.template ?? config.prompt ?? "", config.variables));
    if (!config.save_artifact) return ok({ text });
    const artifact = await artifacts.add({ name: "prompt.txt", type: "text", mimeType: "text/plain", content: text });
    return ok({ text, artifact });
  },
});
