/**
 * Copies the live database while it is written to, and verifies the copy. Runs in a reader thread.
 *
 * A plain online backup begins anew whenever another connection commits, and beside a busy writer never ends. Here the
 * source connection holds a read transaction, which pins one moment of the WAL: the copy is made in one pass, in steps,
 * with progress and cancel. The price is a WAL that grows meanwhile; past a bound the backup gives up.
 */
import { createHash } from "node:crypto";
import { closeSync, createReadStream, fdatasyncSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { openReader } from "./open.ts";
import { type CopyFacts, factsOf, verifyCopy } from "./verify-copy.ts";

export interface BackupOptions {
  databasePath: string;
  /** Where the finished file goes; until it is verified it has another name beside it. */
  targetPath: string;
  /** Bytes that the WAL may reach before the backup gives up. */
  walLimitBytes: number;
  onProgress(pagesDone: number, pagesTotal: number): void;
  isCancelled(): boolean;
}

export interface BackupResult extends CopyFacts {
  sizeBytes: number;
  sha256: string;
  restarts: number;
}

/** Pages copied per step: about 4 MB, some milliseconds. */
const PAGES_PER_STEP = 1024;
/** Steps between two flushes of the copy. One big flush at the end would hold up the commits of the live file. */
const STEPS_PER_FLUSH = 8;

export class BackupCancelled extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "BackupCancelled";
  }
}

/** Resolves with what the copy holds. On any failure nothing is left behind and an older file of that name stays. */
export async function copyDatabase(options: BackupOptions): Promise<BackupResult> {
  const partial = `${options.targetPath}.partial`;
  removePartial(partial);
  try {
    const { facts, restarts } = await copyPinned(options, partial);
    verifyCopy(partial, facts);
    const sha256 = await hashOf(partial);
    const sizeBytes = statSync(partial).size;
    syncFile(partial);
    renameSync(partial, options.targetPath);
    syncFolder(dirname(options.targetPath));
    return { ...facts, sizeBytes, sha256, restarts };
  } finally {
    removePartial(partial);
  }
}

async function copyPinned(options: BackupOptions, partial: string): Promise<{ facts: CopyFacts; restarts: number }> {
  const source = openReader(options.databasePath);
  const flush = flusher(partial);
  try {
    source.exec("BEGIN");
    // The first read pins the moment; everything after sees the same rows, however much is committed meanwhile.
    const facts = factsOf(source);
    let restarts = 0;
    let fewest = Number.POSITIVE_INFINITY;
    await source.backup(partial, {
      progress({ totalPages, remainingPages }) {
        if (remainingPages > fewest) restarts += 1;
        fewest = remainingPages;
        giveUpIfAsked(options);
        flush.step();
        options.onProgress(totalPages - remainingPages, totalPages);
        return PAGES_PER_STEP;
      },
    });
    source.exec("COMMIT");
    return { facts, restarts };
  } finally {
    flush.close();
    source.close();
  }
}

function giveUpIfAsked({ isCancelled, databasePath, walLimitBytes }: BackupOptions): void {
  if (isCancelled()) throw new BackupCancelled("The backup was cancelled.");
  const wal = statSync(`${databasePath}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (wal > walLimitBytes)
    throw new BackupCancelled("So much was written meanwhile that the disk could have filled up.");
}

function flusher(path: string) {
  let steps = 0;
  let file: number | undefined;
  return {
    step(): void {
      steps += 1;
      if (steps % STEPS_PER_FLUSH !== 0) return;
      // Kept open until the copy is done: closing it would drop SQLite's own locks on the same file.
      file ??= openSync(path, "r+");
      fdatasyncSync(file);
    },
    close(): void {
      if (file !== undefined) closeSync(file);
    },
  };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest("hex");
}

function syncFile(path: string): void {
  const file = openSync(path, "r+");
  fsyncSync(file);
  closeSync(file);
}

/** A rename is durable once its folder is on disk. Windows cannot open folders, and orders renames by itself. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  fsyncSync(folder);
  closeSync(folder);
}

function removePartial(partial: string): void {
  for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(`${partial}${suffix}`, { force: true });
}
