/**
 * Opening only what really is a file. A pipe, a device or a socket under a file's name would hold a thread of the host for
 * as long as the other side likes, so it is refused. No policy of where a step may reach: paths come vetted.
 */
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { fileError } from "./file-errors.ts";
import { StepError } from "./step-type.ts";

/** With it, opening a pipe does not wait for another side. Windows has no such flag, and no such files. */
const NO_WAITING = constants.O_NONBLOCK ?? 0;
const READ_CHUNK_BYTES = 256 * 1024;

/** Throws StepError `file_error` for what is no regular file, and what `fileError` makes of the system's errors. */
export async function requireRegular(file: string, written: string): Promise<Stats> {
  try {
    return regular(await stat(file), written);
  } catch (error) {
    throw fileError(error, written);
  }
}

/**
 * Open for reading; the caller closes it. `file` is the vetted path, `written` the one to name in errors.
 * Throws as `requireRegular` does.
 */
export async function openRegular(file: string, written: string): Promise<FileHandle> {
  // Looked at before it is opened, for opening alone can do something to a device.
  await requireRegular(file, written);
  return opened(file, written, constants.O_RDONLY);
}

/** The whole content. Throws as `openRegular` does, and `file_error` past `maxBytes`, whatever size the file claims. */
export async function readRegular(file: string, written: string, maxBytes: number): Promise<Buffer> {
  const handle = await openRegular(file, written);
  try {
    if ((await handle.stat()).size > maxBytes) throw tooLarge(written, maxBytes);
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(READ_CHUNK_BYTES), 0, READ_CHUNK_BYTES, null);
      if (bytesRead === 0) return Buffer.concat(chunks);
      total += bytesRead;
      if (total > maxBytes) throw tooLarge(written, maxBytes);
      chunks.push(buffer.subarray(0, bytesRead));
    }
  } catch (error) {
    throw fileError(error, written);
  } finally {
    await handle.close();
  }
}

/** Add text to the end of a file, made if it is not there. Throws as `openRegular` does. */
export async function appendRegular(file: string, written: string, text: string): Promise<void> {
  await requireRegular(file, written).catch((error: unknown) => {
    if (!(error instanceof StepError && error.code === "file_not_found")) throw error;
  });
  const handle = await opened(file, written, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT);
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

/** Judged once more when open: the name may have got another file since it was looked at. */
async function opened(file: string, written: string, flags: number): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, flags | NO_WAITING);
    regular(await handle.stat(), written);
    return handle;
  } catch (error) {
    await handle?.close();
    throw fileError(error, written);
  }
}

function regular(stats: Stats, written: string): Stats {
  if (stats.isFile()) return stats;
  throw new StepError("file_error", `${written} is ${kindOf(stats)}, not a regular file.`, {
    hint: "Name a file. What comes through a pipe or a device, a shell step can first write to one.",
    retryable: false,
  });
}

/** What it is, in words; for what is not a regular file. */
export function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  return stats.isSymbolicLink() ? "a link" : "a device";
}

const tooLarge = (written: string, maxBytes: number): StepError =>
  new StepError("file_error", `${written} has more than ${maxBytes} bytes.`, {
    hint: "Raise max_bytes, or give the step a smaller file.",
    retryable: false,
  });
