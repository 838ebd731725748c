/**
 * The content-addressed store of artifact files: `artifacts/ab/abcdef…`, named by their SHA-256 and written once. A file
 * is complete before it gets its name, so a crash leaves at most a stray partial file.
 */
import { createHash } from "node:crypto";
import { createWriteStream, rmSync } from "node:fs";
import { access, mkdir, open, rename, rm } from "node:fs/promises";
import { extname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Ids } from "../lib/ids.ts";
import { openRegular } from "../steps/regular-file.ts";
import { StepError } from "../steps/step-type.ts";
import { isInside } from "./file-access.ts";

export interface StoredFile {
  path: string;
  sha256: string;
  sizeBytes: number;
}

/** Bytes that one artifact may have. */
export const MAX_ARTIFACT_BYTES = 2 * 1024 * 1024 * 1024;

const MIME_TYPES: Readonly<Record<string, string>> = {
  ".txt": "text/plain",
  ".log": "text/plain",
  ".md": "text/markdown",
  ".html": "text/html",
  ".csv": "text/csv",
  ".json": "application/json",
  ".xml": "application/xml",
  ".yaml": "application/yaml",
  ".yml": "application/yaml",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".pdf": "application/pdf",
  ".zip": "application/zip",
};

/** By the name's extension; what is unknown is a plain file. */
export const mimeTypeOf = (name: string): string =>
  MIME_TYPES[extname(name).toLowerCase()] ?? "application/octet-stream";

export interface ArtifactStore {
  /**
   * Keep text or bytes, or a copy of a file. It is safe from `discard` until `release`, by when a row should name it.
   * Throws StepError `output_too_large` or `file_error`.
   */
  keep(source: { content: string | Uint8Array } | { path: string }, signal?: AbortSignal): Promise<StoredFile>;
  release(path: string): void;
  /** Remove a file of this store, unless a row still names it or is about to. Files elsewhere are left alone. */
  discard(path: string, isNamed: () => boolean): void;
}

export function createArtifactStore({ dir, ids }: { dir: string; ids: Ids }): ArtifactStore {
  /** Files that were kept and are not named by a row yet, and how often. */
  const held = new Map<string, number>();
  function release(path: string): void {
    const left = (held.get(path) ?? 1) - 1;
    if (left === 0) held.delete(path);
    else held.set(path, left);
  }

  return {
    async keep(source, signal) {
      const partial = join(dir, "partial", ids.next());
      await mkdir(join(dir, "partial"), { recursive: true, mode: 0o700 });
      try {
        const { sha256, sizeBytes } = await copyHashing(await readableOf(source), partial, signal);
        const path = join(dir, sha256.slice(0, 2), sha256);
        // Before the look at what is there: the same content may be about to go with another run.
        held.set(path, (held.get(path) ?? 0) + 1);
        await putInPlace(partial, path).catch((error: unknown) => {
          release(path);
          throw error;
        });
        return { path, sha256, sizeBytes };
      } finally {
        await rm(partial, { force: true });
      }
    },
    release,
    discard(path, isNamed) {
      // In one turn of the loop, so that nobody can begin to name it between the question and the act.
      if (!isInside(dir, path) || held.has(path) || isNamed()) return;
      rmSync(path, { force: true });
    },
  };
}

const readableOf = async (source: { content: string | Uint8Array } | { path: string }): Promise<Readable> =>
  "path" in source
    ? (await openRegular(source.path, source.path)).createReadStream()
    : Readable.from([typeof source.content === "string" ? Buffer.from(source.content, "utf8") : source.content]);

async function copyHashing(
  from: Readable,
  to: string,
  signal?: AbortSignal,
): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      if (sizeBytes <= MAX_ARTIFACT_BYTES) return done(null, chunk);
      done(new StepError("output_too_large", `An artifact may have ${MAX_ARTIFACT_BYTES} bytes at most.`));
    },
  });
  await pipeline(from, counting, createWriteStream(to, { mode: 0o600 }), { signal });
  return { sha256: hash.digest("hex"), sizeBytes };
}

/** The same content is kept once. The bytes are on disk before the row that names them. */
async function putInPlace(partial: string, path: string): Promise<void> {
  const known = await access(path).then(
    () => true,
    () => false,
  );
  if (known) return;
  const file = await open(partial, "r+");
  await file.sync();
  await file.close();
  await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
  await rename(partial, path);
}
