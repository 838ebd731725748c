/** Reads a text file, as it stands or as lines, JSON or CSV. */
import { z } from "zod";
import { readRegular, requireRegular } from "./regular-file.ts";
import { CAPABILITY, defineStep, failed, type Outputs, ok, type StepContext, StepError } from "./step-type.ts";

const schema = z.strictObject({
  path: z.string().min(1).describe("Inside the run's own folder, or absolute in an approved folder"),
  parse: z.enum(["text", "lines", "json", "csv"]).default("text"),
  max_bytes: z
    .int()
    .min(1)
    .max(256 * 1024 * 1024)
    .default(16 * 1024 * 1024)
    .describe("A larger file is refused"),
});
type Config = z.output<typeof schema>;

export const fileRead = defineStep({
  type: "file_read",
  title: "Read a file",
  group: "local",
  description: "Reads a UTF-8 file. Gives `path`, `bytes`, and `text`, `lines`, `json`, or `records` with `columns`.",
  schema,
  example: { path: "{{ run.examples_dir }}/sales.csv", parse: "csv" },
  capability: CAPABILITY.pure,
  inner: true,
  async execute(context) {
    const { path, max_bytes } = context.config;
    const file = await context.files.resolve(path, "read");
    const { size } = await requireRegular(file, path);
    if (size > max_bytes) {
      return failed("file_error", `${path} has ${size} bytes, more than ${max_bytes}.`, {
        hint: "Raise max_bytes.",
        retryable: false,
      });
    }
    return ok({ path: file, bytes: size, ...(await contentOf(file, context)) });
  },
});

async function contentOf(file: string, { config, compute }: StepContext<Config>): Promise<Outputs> {
  const { parse, path, max_bytes: maxBytes } = config;
  if (parse === "csv") {
    const source = { path: file, written: path, maxBytes };
    return { ...(await compute("csv_parse", { source, delimiter: ",", hasHeader: true, parseNumbers: false })) };
  }
  const content = await readRegular(file, path, maxBytes);
  const text = decoded(content, path);
  // What was read is what counts: a file may claim another size, or have grown.
  const bytes = content.byteLength;
  if (parse === "text") return { bytes, text };
  if (parse === "json") return { bytes, json: parsedJson(text, path) };
  const lines = text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
  return { bytes, lines, count: lines.length };
}

function decoded(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new StepError("file_error", `${path} is not UTF-8 text.`, {
      hint: "Convert it first, for instance with iconv.",
      retryable: false,
    });
  }
}

function parsedJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StepError("json_invalid", `${path} is not JSON: ${error instanceof Error ? error.message : error}`, {
      retryable: false,
    });
  }
}
