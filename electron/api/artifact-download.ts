/** The bytes of one artifact: judged, opened once, and streamed from that very handle. Ranges for players and resumes. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { AppError } from "../lib/app-error.ts";
import type { ArtifactRow } from "../store/tables/artifacts.ts";
import { parseRange } from "./byte-range.ts";
import { type Located, locate } from "./containment.ts";
import type { ApiDeps } from "./deps.ts";
import { answerTo } from "./errors.ts";
import { ARTIFACT_CSP } from "./page-policy.ts";
import { jsonObject } from "./wire/json.ts";

export interface DownloadRequest {
  method: string;
  headers: IncomingHttpHeaders;
  /** Show it sandboxed instead of saving it. */
  inline: boolean;
}

interface OpenFile {
  handle: FileHandle;
  size: number;
  /** Changes when the file does. */
  version: string;
}

/** Digests by path, time and size, so that the ranges of one film do not hash it again and again. */
const MOST_DIGESTS = 1000;

export function createDownloads(deps: ApiDeps) {
  const digests = new Map<string, string>();

  /** Throws AppError; the order of the checks is the order of the answers. */
  async function download(row: ArtifactRow, asked: DownloadRequest): Promise<Response> {
    const { settings } = deps;
    const strict =
      settings.artifactValidateStrict && deps.store.runs.summary(row.runId)?.validationMode !== "non-block";
    const { path, warning } = await whereIs(deps, row, strict);
    const file = await openFile(path);
    try {
      if (file.size > settings.artifactMaxDownloadBytes) throw tooLarge(file.size, settings.artifactMaxDownloadBytes);
      requireAllowedMime(row.mimeType, settings.artifactAllowedMime);
      const changed = row.checksumSha256 !== null && (await digestOf(path, file)) !== row.checksumSha256.toLowerCase();
      if (changed && strict) throw checksumMismatch();
      const warnings = [warning, changed ? "the file has changed since it was recorded" : null];
      return await respond(row, file, asked, warnings.filter((text) => text !== null).join("; "));
    } catch (error) {
      await file.handle.close();
      throw error;
    }
  }

  async function digestOf(path: string, { handle, version }: OpenFile): Promise<string> {
    const key = `${path}\n${version}`;
    const known = digests.get(key);
    if (known !== undefined) return known;
    const hash = createHash("sha256");
    for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) hash.update(chunk as Buffer);
    const digest = hash.digest("hex");
    if (digests.size >= MOST_DIGESTS) digests.clear();
    digests.set(key, digest);
    return digest;
  }

  return { download };
}

function whereIs({ store, settings, dataDir }: ApiDeps, row: ArtifactRow, strict: boolean): Promise<Located> {
  const { workdir } = jsonObject(row.metadataJson);
  return locate(row.uri, {
    trusted: [join(dataDir, "Databases", "artifacts"), ...store.artifacts.workdirs(row.runId)],
    approved: settings.approvedFolders,
    claimed: typeof workdir === "string" ? workdir : null,
    strict,
  });
}

/** The path is a real one by now: a link in its last place was put there since, and is not followed. */
async function openFile(path: string): Promise<OpenFile> {
  const missing = new AppError("artifact_file_missing", "The file of this artifact is no longer there.", {
    hint: "It was moved or deleted outside the app; a backup bundle may still hold it.",
  });
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | (constants.O_NOFOLLOW ?? 0)).catch(() => {
    throw missing;
  });
  const stat = await handle.stat();
  if (stat.isFile()) return { handle, size: stat.size, version: `${stat.mtimeMs}:${stat.size}` };
  await handle.close();
  throw missing;
}

async function respond(row: ArtifactRow, file: OpenFile, asked: DownloadRequest, warning: string): Promise<Response> {
  const { handle, size } = file;
  const headers = headersOf(row, asked.inline, warning);
  const range = rangeOf(asked.headers, size, headers.get("ETag"));
  if (range === "unsatisfiable") {
    await handle.close();
    return rangeRefused(size);
  }
  const { first, last } = range ?? { first: 0, last: size - 1 };
  headers.set("Content-Length", String(last - first + 1));
  if (range) headers.set("Content-Range", `bytes ${first}-${last}/${size}`);
  const status = range ? 206 : 200;
  if (asked.method === "HEAD" || size === 0) {
    await handle.close();
    return new Response(null, { status, headers });
  }
  const stream = Readable.toWeb(handle.createReadStream({ start: first, end: last }));
  return new Response(stream as ReadableStream<Uint8Array>, { status, headers });
}

/** Clients resume by the size in this header, so it is no ordinary error. */
function rangeRefused(size: number): Response {
  const { status, body } = answerTo(
    new AppError("invalid_range", `The range asked for is not in a file of ${size} bytes.`),
  );
  return Response.json(body, { status, headers: { "Content-Range": `bytes */${size}` } });
}

/** With If-Range for another version of the file, the whole file is the right answer. */
function rangeOf(headers: IncomingHttpHeaders, size: number, etag: string | null) {
  const condition = headers["if-range"];
  return condition === undefined || condition === etag ? parseRange(headers.range, size) : null;
}

function headersOf(row: ArtifactRow, inline: boolean, warning: string): Headers {
  const name = row.name || basename(fileURLToPath(row.uri));
  const isText = row.mimeType.startsWith("text/") && !row.mimeType.includes("charset");
  const headers = new Headers({
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
    "Content-Disposition": disposition(inline ? "inline" : "attachment", name),
    "Content-Security-Policy": ARTIFACT_CSP,
    "Content-Type": isText ? `${row.mimeType}; charset=utf-8` : row.mimeType,
  });
  if (row.checksumSha256 !== null && warning === "") headers.set("ETag", `"${row.checksumSha256}"`);
  if (warning !== "") headers.set("X-Workflows-Warning", warning);
  return headers;
}

/** Old clients read the plain name, all others the encoded one. */
function disposition(kind: "inline" | "attachment", name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

function requireAllowedMime(mimeType: string, allowed: readonly string[] | null): void {
  const mime = mimeType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (allowed === null || allowed.includes(mime) || allowed.includes(`${mime.split("/", 1)[0]}/*`)) return;
  throw new AppError("mime_not_allowed", `Files of type ${mime} may not be downloaded.`, {
    hint: "WORKFLOWS_ARTIFACT_ALLOWED_MIME lists the types that may.",
  });
}

const tooLarge = (size: number, limit: number): AppError =>
  new AppError("artifact_too_large", `The file has ${size} bytes; downloads are limited to ${limit}.`, {
    hint: "Open it from its folder, or raise WORKFLOWS_ARTIFACT_MAX_DOWNLOAD_BYTES.",
  });

const checksumMismatch = (): AppError =>
  new AppError("checksum_mismatch", "The file is not what the run recorded: its checksum differs.", {
    hint: "Somebody changed it after the run; a backup bundle holds the original.",
  });
