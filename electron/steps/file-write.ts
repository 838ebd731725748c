/** Writes a text file. */
import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { z } from "zod";
import { asText, mimeOf } from "./fields.ts";
import { fileError } from "./file-errors.ts";
import { appendRegular } from "./regular-file.ts";
import { CAPABILITY, defineStep, ok } from "./step-type.ts";

const schema = z.strictObject({
  path: z.string().min(1).describe("Inside the run's own folder, or absolute in an approved folder; folders are made"),
  content: z.unknown().describe("Text; anything else is written as JSON"),
  mode: z.enum(["overwrite", "append", "create"]).default("overwrite").describe("create fails if the file is there"),
  artifact: z.boolean().default(false).describe("Keep a copy as an artifact of the run"),
});
type Mode = z.output<typeof schema>["mode"];

export const fileWrite = defineStep({
  type: "file_write",
  title: "Write a file",
  group: "local",
  description: "Writes text to a file. Gives `path`, `bytes`, and `artifact` when a copy is kept.",
  schema,
  example: { path: "hello.txt", content: "Hello\n", artifact: true },
  capability: CAPABILITY.local,
  inner: true,
  async execute({ config: { path, content, mode, artifact }, files, artifacts }) {
    const file = await files.resolve(path, "write");
    const text = asText(content);
    try {
      await mkdir(dirname(file), { recursive: true });
      await write(file, path, text, mode);
    } catch (error) {
      throw fileError(error, path);
    }
    const outputs = { path: file, bytes: Buffer.byteLength(text) };
    if (!artifact) return ok(outputs);
    const kept = await artifacts.add({ name: basename(file), type: "file", mimeType: mimeOf(file), path: file });
    return ok({ ...outputs, artifact: kept });
  },
});

async function write(file: string, written: string, text: string, mode: Mode): Promise<void> {
  if (mode === "append") return appendRegular(file, written, text);
  if (mode === "create") return writeFile(file, text, { flag: "wx" });
  // Written beside and then moved, so that nobody ever reads half a file.
  const partial = `${file}.${randomUUID()}.partial`;
  try {
    await writeFile(partial, text, { flag: "wx" });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
