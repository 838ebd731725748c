/** Packs files into a zip file and keeps it as an artifact. Links are not followed. */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline as passOn, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { z } from "zod";
import { fileError } from "./file-errors.ts";
import { openRegular, requireRegular } from "./regular-file.ts";
import { CAPABILITY, defineStep, ok, type StepContext, StepError } from "./step-type.ts";

const GIB = 1024 ** 3;

const schema = z.strictObject({
  paths: z
    .array(z.string().min(1))
    .min(1)
    .max(10_000)
    .describe("Files, and folders with all that is in them: inside the run's own folder, or absolute in approved ones"),
  path: z
    .string()
    .min(1)
    .regex(/\.zip$/i, "must end in .zip")
    .default("archive.zip")
    .describe("The zip file to write"),
  max_bytes: z
    .int()
    .min(1)
    .max(16 * GIB)
    .default(GIB)
    .describe("More than this before packing is refused"),
});
type Config = z.output<typeof schema>;

interface Entry {
  /** Absolute and vetted. */
  file: string;
  /** Its name in the zip, with `/` between folders. */
  name: string;
  modifiedAt: Date;
  mode: number;
}

export const zip = defineStep({
  type: "zip",
  title: "Pack a zip file",
  group: "local",
  description:
    "Packs files and folders. Gives `path`, `bytes`, `count`, `entries` (the names inside) and `artifact`. Two files of one name are refused.",
  schema,
  example: { paths: ["{{ run.examples_dir }}/notes"], path: "notes.zip" },
  capability: CAPABILITY.local,
  inner: true,
  async execute(context) {
    const { config, files, artifacts, signal } = context;
    if (signal.aborted) return { status: "cancelled" };
    const target = await files.resolve(config.path, "write");
    try {
      const entries = await entriesOf(context, target);
      await mkdir(dirname(target), { recursive: true });
      await pack(entries, target, config.max_bytes, signal);
      const artifact = await artifacts.add({
        name: basename(target),
        type: "file",
        mimeType: "application/zip",
        path: target,
      });
      const names = entries.map(({ name }) => name);
      return ok({ path: target, bytes: artifact.size_bytes, count: names.length, entries: names, artifact });
    } catch (error) {
      if (signal.aborted) return { status: "cancelled" };
      throw fileError(error, config.path);
    }
  },
});

/** What goes in, in the order of `paths` and of names. Throws StepError for two of one name, and for too much. */
async function entriesOf({ config, files, signal }: StepContext<Config>, target: string): Promise<Entry[]> {
  const entries = new Map<string, Entry>();
  let bytes = 0;
  for (const written of config.paths) {
    const start = await files.resolve(written, "read");
    await requirePackable(start, written);
    for await (const { file, name } of walk(start, basename(start), written)) {
      signal.throwIfAborted();
      // Vetted one by one: a folder that may be read can hold files that may not, such as this app's own.
      const { size, mtime, mode } = await lstat(file);
      const entry = { file: await files.resolve(file, "read"), name, modifiedAt: mtime, mode };
      if (file === target || entries.get(name)?.file === entry.file) continue;
      if (entries.has(name)) throw collision(name);
      entries.set(name, entry);
      bytes += size;
      if (bytes > config.max_bytes) throw tooLarge(config.max_bytes);
    }
  }
  return [...entries.values()];
}

/** What a folder holds beside files and folders is left out; what was asked for by name is not left out silently. */
async function requirePackable(path: string, written: string): Promise<void> {
  const kind = await lstat(path).catch((error: unknown) => {
    throw fileError(error, written);
  });
  if (!kind.isDirectory() && !kind.isSymbolicLink()) await requireRegular(path, written);
}

async function* walk(path: string, name: string, written: string): AsyncGenerator<{ file: string; name: string }> {
  try {
    const kind = await lstat(path);
    if (kind.isFile()) yield { file: path, name };
    if (!kind.isDirectory()) return;
    const inside = (await readdir(path)).sort((a, b) => (a < b ? -1 : 1));
    for (const one of inside) yield* walk(join(path, one), `${name}/${one}`, written);
  } catch (error) {
    throw fileError(error, written);
  }
}

/** Written beside and then moved, so that nobody ever takes half a zip for a whole one. */
async function pack(
  entries: readonly Entry[],
  target: string,
  maxBytes: number,
  cancelled: AbortSignal,
): Promise<void> {
  const partial = `${target}.${randomUUID()}.partial`;
  const zipFile = new ZipFile();
  const over = new AbortController();
  const signal = AbortSignal.any([cancelled, over.signal]);
  const counting = byteLimit(maxBytes);
  const written = pipeline(zipFile.outputStream, createWriteStream(partial, { flags: "wx" }), { signal });
  try {
    // A file that cannot be read is told here and not by the stream, which would then never end.
    const unreadable = new Promise<never>((_, reject) => zipFile.on("error", reject));
    for (const { file, name, modifiedAt: mtime, mode } of entries) {
      zipFile.addReadStreamLazy(name, { mtime, mode }, (take) => {
        void openRegular(file, name).then(
          (handle) =>
            take(
              null,
              passOn(handle.createReadStream({ signal }), counting(), (error) => {
                if (error) zipFile.emit("error", error);
              }),
            ),
          (error: unknown) => zipFile.emit("error", error),
        );
      });
    }
    zipFile.end();
    await Promise.race([written, unreadable]);
    await rename(partial, target);
  } finally {
    // Closes whatever is still open; how the writing ended was judged above.
    over.abort();
    await Promise.allSettled([written]);
    await rm(partial, { force: true });
  }
}

/** Makes streams that together let so many bytes through: a file may have more than it said when it was looked at. */
function byteLimit(maxBytes: number): () => Transform {
  let bytes = 0;
  return () =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        if (bytes > maxBytes) done(tooLarge(maxBytes));
        else done(null, chunk);
      },
    });
}

const collision = (name: string): StepError =>
  new StepError("zip_name_collision", `Two of the files would be called ${name} in the zip.`, {
    hint: "Rename one, or pack the folders they are in.",
    retryable: false,
  });

const tooLarge = (maxBytes: number): StepError =>
  new StepError("file_error", `The files have more than ${maxBytes} bytes together.`, {
    hint: "Raise max_bytes, or pack less.",
    retryable: false,
  });
