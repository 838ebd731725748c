/** A list of records to CSV text. */
import { z } from "zod";
import { delimiter, fromLast, saveAs } from "./fields.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  records: z.array(z.unknown()).optional().describe("What to write; records or rows of the step before if not given"),
  delimiter,
  include_header: z.boolean().default(true).describe("Begin with the names of the columns"),
  columns: z.array(z.string()).optional().describe("Which columns, in which order; all that occur if not given"),
  save_as: saveAs,
});

export const jsonToCsv = defineStep({
  type: "json_to_csv",
  title: "Records to CSV",
  group: "data",
  description: "Writes CSV. Gives `csv`, `columns` and `count`.",
  schema,
  example: { records: [{ name: "Pia", age: 30 }] },
  capability: CAPABILITY.pure,
  inner: true,
  async execute({ config, last, compute, artifacts }) {
    const records = config.records ?? fromLast(last, ["records", "rows", "result", "results"]);
    if (!Array.isArray(records))
      return failed("missing_records", "There is no list of records to write.", {
        hint: "Set records.",
        retryable: false,
      });
    const { delimiter, include_header: includeHeader, columns, save_as } = config;
    const result = await compute("csv_format", { records, delimiter, includeHeader, columns });
    if (!save_as) return ok({ ...result });
    const artifact = await artifacts.add({
      name: save_as.name,
      type: "data",
      mimeType: save_as.mime_type ?? "text/csv",
      content: result.csv,
    });
    return ok({ ...result, artifact });
  },
});
