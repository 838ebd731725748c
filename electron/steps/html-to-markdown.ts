/** HTML to Markdown. */
import { z } from "zod";
import { fromLast } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  html: z.string().optional().describe("The HTML; what the step before gave as html or text if not given"),
  text: z.string().optional().describe("Another name for html"),
  strip_tags: z
    .array(z.string().regex(/^[A-Za-z][\w-]*$/, "must be a tag's name"))
    .max(100)
    .default(["script", "style"])
    .describe("Elements that are left out with all that is in them"),
});

export const htmlToMarkdown = defineStep({
  type: "html_to_markdown",
  title: "HTML to Markdown",
  group: "data",
  description: "Gives `markdown`, and the same as `text`.",
  schema,
  example: { html: "<h1>Hello</h1><p>A <b>bold</b> word.</p>" },
  capability: CAPABILITY.pure,
  inner: true,
  async execute({ config, last, signal, compute }) {
    if (signal.aborted) return { status: "cancelled" };
    const html = config.html ?? config.text ?? fromLast(last, ["html", "text", "response_text", "content"]);
    if (typeof html !== "string")
      return failed("missing_html", "There is no HTML.", { hint: "Set html.", retryable: false });
    const stripTags = config.strip_tags.map((tag) => tag.toLowerCase());
    const markdown = await compute("html_to_markdown", { html, stripTags });
    return ok({ markdown, text: markdown });
  },
});
