/** Lists the files of a folder. Symbolic links are neither followed nor listed. */
import { lstat, readdir } from "node:fs/promises";
import { join, matchesGlob, relative, sep } from "node:path";
import { z } from "zod";
import { toIso } from "../lib/clock.ts";
import { fileError } from "./file-errors.ts";
import { CAPABILITY, defineStep, ok, type StepContext } from "./step-type.ts";

const schema = z.strictObject({
  path: z.string().min(1).default(".").describe("A folder: inside the run's own, or absolute in an approved folder"),
  glob: z
    .string()
    .min(1)
    .optional()
    .describe("Only names that fit, e.g. *.md; with recursive, against the path from the folder, e.g. **/*.md"),
  recursive: z.boolean().default(false).describe("Look into its folders too"),
  max_files: z.int().min(1).max(100_000).default(10_000).describe("No more than so many"),
});

interface ListedFile {
  name: string;
  path: string;
  /** From the folder, with `/` between. */
  relative_path: string;
  size_bytes: number;
  modified_at: string;
}

export const fileList = defineStep({
  type: "file_list",
  title: "List files",
  group: "local",
  description:
    "Lists files in the order of their names. Gives `files` (name, path, relative_path, size_bytes, modified_at), `count`, `total_bytes`, `truncated`.",
  schema,
  example: { path: "{{ run.examples_dir }}/notes", glob: "*.md" },
  capability: CAPABILITY.pure,
  inner: true,
  async execute(context) {
    const { path, max_files } = context.config;
    const folder = await context.files.resolve(path, "read");
    const files: ListedFile[] = [];
    try {
      // One more than asked for tells whether there are more.
      for await (const file of walk(folder, folder, context)) if (files.push(file) > max_files) break;
    } catch (error) {
      throw fileError(error, path);
    }
    if (context.signal.aborted) return { status: "cancelled" };
    const kept = files.slice(0, max_files);
    const total = kept.reduce((sum, file) => sum + file.size_bytes, 0);
    return ok({
      path: folder,
      files: kept,
      count: kept.length,
      total_bytes: total,
      truncated: files.length > max_files,
    });
  },
});

async function* walk(
  folder: string,
  root: string,
  context: StepContext<z.output<typeof schema>>,
): AsyncGenerator<ListedFile> {
  const { glob, recursive } = context.config;
  const entries = await readdir(folder, { withFileTypes: true });
  // By code unit, not by locale: the order must be the same on every machine.
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (context.signal.aborted) return;
    const path = join(folder, entry.name);
    if (entry.isDirectory() && recursive) yield* walk(path, root, context);
    const relativePath = relative(root, path).replaceAll(sep, "/");
    if (!entry.isFile() || (glob && !matchesGlob(relativePath, glob))) continue;
    const { size, mtimeMs } = await lstat(path);
    yield {
      name: entry.name,
      path,
      relative_path: relativePath,
      size_bytes: size,
      modified_at: toIso(Math.floor(mtimeMs)),
    };
  }
}
