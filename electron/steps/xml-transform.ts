/** Picks values out of XML. */
import { z } from "zod";
import { fromLast } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  xml: z.string().optional().describe("The XML text; what the step before gave as xml or text if not given"),
  data: z.string().optional().describe("Another name for xml"),
  xpath: z
    .string()
    .min(1)
    .optional()
    .describe("A path: /a/b, //b, //b/@id, a/text(), //b[@id='x'], //b[1]; the whole document if not given"),
  query: z.string().min(1).optional().describe("Another name for xpath"),
});

export const xmlTransform = defineStep({
  type: "xml_transform",
  title: "Select from XML",
  group: "data",
  description:
    "Gives `results` and `count`. An element is its text, or an object with @attributes, children and #text. A DOCTYPE's own declarations are refused.",
  schema,
  example: { xml: '<books><book id="1">Dune</book></books>', xpath: "//book" },
  capability: CAPABILITY.pure,
  inner: true,
  async execute({ config, last, signal, compute }) {
    if (signal.aborted) return { status: "cancelled" };
    const xml = config.xml ?? config.data ?? fromLast(last, ["xml", "text", "response_text", "stdout"]);
    if (typeof xml !== "string")
      return failed("missing_xml", "There is no XML to read.", { hint: "Set xml.", retryable: false });
    return ok({ ...(await compute("xml_transform", { xml, path: config.xpath ?? config.query ?? null })) });
  },
});
