/** Reads a text file, as it stands or as lines, JSON or CSV. */
import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { fileError } from "./file-errors.ts";
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
    try {
      const { size } = await stat(file);
      if (size > max_bytes) {
        return failed("file_error", `${path} has ${size} bytes, more than ${max_bytes}.`, {
          hint: "Raise max_bytes.",
          retryable: false,
        });
      }
      return ok({ path: file, bytes: size, ...(await contentOf(file, context)) });
    } catch (error) {
      throw fileError(error, path);
    }
  },
});

async function contentOf(file: string, { config: { parse, path }, compute }: StepContext<Config>): Promise<Outputs> {
  if (parse === "csv") {
    return {
      ...(await compute("csv_parse", { source: { path: file }, delimiter: ",", hasHeader: true, parseNumbers: false })),
    };
  }
  const text = decoded(await readFile(file), path);
  if (parse === "text") return { text };
  if (parse === "json") return { json: parsedJson(text, path) };
  const lines = text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
  return { lines, count: lines.length };
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
