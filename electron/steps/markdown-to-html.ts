/** Markdown to HTML that is safe to show, as a fragment or as a finished page. */
import { z } from "zod";
import { fromLast, saveAs } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  markdown: z.string().optional().describe("The Markdown; the text of the step before if not given"),
  page: z
    .boolean()
    .default(false)
    .describe(
      "A complete, styled page; fenced blocks `bars`, `columns` and `figures` of `label | value | shown` lines are drawn",
    ),
  title: z.string().max(300).optional().describe("The page's title"),
  save_as: saveAs,
});

export const markdownToHtml = defineStep({
  type: "markdown_to_html",
  title: "Markdown to HTML",
  group: "data",
  description:
    "Gives `html` (and the same as `text`), and `artifact` when it is kept. HTML inside the Markdown is shown as text.",
  schema,
  example: { markdown: "# Hello\n\n- one\n- two", page: true, title: "Hello" },
  capability: CAPABILITY.pure,
  inner: true,
  async execute({ config, last, compute, artifacts }) {
    const markdown = config.markdown ?? fromLast(last, ["markdown", "text", "content"]);
    if (typeof markdown !== "string")
      return failed("missing_markdown", "There is no Markdown.", { hint: "Set markdown.", retryable: false });
    const html = await compute("markdown_to_html", {
      markdown,
      page: config.page ? { title: config.title ?? "Report" } : null,
    });
    if (!config.save_as) return ok({ html, text: html });
    const { name, mime_type } = config.save_as;
    const artifact = await artifacts.add({ name, type: "report", mimeType: mime_type ?? "text/html", content: html });
    return ok({ html, text: html, artifact });
  },
});
