/** CSV text to a list of records. */
import { z } from "zod";
import { delimiter, fromLast } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  csv_data: z.string().optional().describe("The CSV text; what the step before gave as csv or text if not given"),
  data: z.string().optional().describe("Another name for csv_data"),
  delimiter,
  has_header: z.boolean().default(true).describe("The first line names the columns; else they are col_0, col_1 …"),
  parse_numbers: z.boolean().default(false).describe("Turn plain numbers into numbers; values are text otherwise"),
});

export const csvToJson = defineStep({
  type: "csv_to_json",
  title: "CSV to records",
  group: "data",
  description: "Reads CSV. Gives `records`, `columns` and `count`.",
  schema,
  example: { csv_data: "name,age\nPia,30\nIvo,25" },
  capability: CAPABILITY.pure,
  inner: true,
  async execute({ config, last, compute }) {
    const text = config.csv_data ?? config.data ?? fromLast(last, ["csv", "text", "stdout"]);
    if (typeof text !== "string")
      return failed("missing_csv_data", "There is no CSV text to read.", { hint: "Set csv_data.", retryable: false });
    const { delimiter, has_header, parse_numbers } = config;
    return ok({
      ...(await compute("csv_parse", {
        source: { text },
        delimiter,
        hasHeader: has_header,
        parseNumbers: parse_numbers,
      })),
    });
  },
});
