/**
 * The data folder: where it is, and that it exists with modes that keep other users out. Light on purpose: both
 * entries load it before anything else. Nothing here knows what the files inside mean.
 */
import { chmodSync, existsSync, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { AppError, messageOf } from "../lib/app-error.ts";
import type { Env } from "./config.ts";

const APP_FOLDER = "workflows-desktop";
const PRIVATE = 0o700;
const PRIVATE_FILE = 0o600;
const FOLDERS = [
  "",
  "Databases",
  "Databases/artifacts",
  "Databases/backups",
  "logs",
  "cache",
  "cache/compile",
] as const;

/** `--data-dir`, else `WORKFLOWS_DATA_DIR`, else the system's folder for this user's application data. Absolute. */
export function resolveDataDir(argv: readonly string[], env: Env): string {
  const given = flagValue(argv, "--data-dir") ?? env.WORKFLOWS_DATA_DIR?.trim();
  return resolve(given || defaultDataDir(env));
}

/**
 * Make the data folder and what belongs in it, mode 0700, and mend what was there before with wider modes.
 * Throws `data_dir_unusable`.
 */
export function prepareDataDir(dataDir: string): void {
  try {
    for (const folder of FOLDERS) {
      makeFolder(join(dataDir, folder));
      mend(join(dataDir, folder), PRIVATE);
    }
    const log = join(dataDir, "logs", "workflows.log");
    if (existsSync(log)) mend(log, PRIVATE_FILE);
  } catch (cause) {
    throw new AppError("data_dir_unusable", `The data folder ${dataDir} cannot be used: ${messageOf(cause)}.`, {
      hint: "Choose a folder that you may write to, with --data-dir or WORKFLOWS_DATA_DIR.",
      cause,
    });
  }
}

/** One level at a time: Node's recursive mkdir never returns where a folder's parent exists but takes none, as in /proc. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (existsSync(path)) throw new Error(`${path} is not a folder`);
  makeFolder(dirname(path));
  mkdirSync(path, { mode: PRIVATE });
}

/** Made by hand or by an earlier version. Windows keeps to its own rights. */
function mend(path: string, mode: number): void {
  if (process.platform !== "win32") chmodSync(path, mode);
}

/** Where compiled code is kept between starts. */
export const compileCacheDir = (dataDir: string): string => join(dataDir, "cache", "compile");

function flagValue(argv: readonly string[], flag: string): string | undefined {
  const at = argv.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`));
  if (at < 0) return undefined;
  const word = argv[at] ?? "";
  return word === flag ? argv[at + 1] : word.slice(flag.length + 1);
}

function defaultDataDir(env: Env): string {
  const home = homedir();
  switch (process.platform) {
    case "darwin":
      return join(home, "Library", "Application Support", APP_FOLDER);
    case "win32":
      return join(env.APPDATA || join(home, "AppData", "Roaming"), APP_FOLDER);
    default:
      return join(env.XDG_DATA_HOME || join(home, ".local", "share"), APP_FOLDER);
  }
}
