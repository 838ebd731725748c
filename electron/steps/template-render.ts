/** A longer text from a template, with names of its own, and kept as an artifact if wanted. */
import { z } from "zod";
import { asText, mimeOf, saveAs } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  template: z.string().optional().describe("The text, with {{ … }} and {% … %}"),
  variables: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Names that the template may use besides its scope"),
  save_as: saveAs,
});

export const templateRender = defineStep({
  type: "template_render",
  title: "Render a template",
  group: "data",
  description: "Renders a Jinja template. Gives `text`, and `artifact` when it is kept.",
  schema,
  example: { template: "{% for name in names %}- {{ name }}\n{% endfor %}", variables: { names: ["Pia", "Ivo"] } },
  capability: CAPABILITY.pure,
  raw: ["template"],
  inner: true,
  async execute({ config, render, artifacts }) {
    if (config.template === undefined)
      return failed("missing_template", "There is no template.", { hint: "Set template.", retryable: false });
    const text = asText(await render(config.template, config.variables));
    if (!config.save_as) return ok({ text });
    const { name, mime_type } = config.save_as;
    const artifact = await artifacts.add({ name, type: "report", mimeType: mime_type ?? mimeOf(name), content: text });
    return ok({ text, artifact });
  },
});
