/**
 * The data folder: where it is, and that it exists with modes that keep other users out. Light on purpose: both
 * entries load it before anything else. Nothing here knows what the files inside mean.
 */
import { chmodSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { AppError, messageOf } from "../lib/app-error.ts";
import type { Env } from "./config.ts";

const APP_FOLDER = "workflows-desktop";
const PRIVATE = 0o700;

/** `--data-dir`, else `WORKFLOWS_DATA_DIR`, else the system's folder for this user's application data. Absolute. */
export function resolveDataDir(argv: readonly string[], env: Env): string {
  const given = flagValue(argv, "--data-dir") ?? env.WORKFLOWS_DATA_DIR?.trim();
  return resolve(given || defaultDataDir(env));
}

/** Make the data folder and what belongs in it, mode 0700. Throws `data_dir_unusable`. */
export function prepareDataDir(dataDir: string): void {
  try {
    for (const folder of ["", "Databases", "Databases/artifacts", "Databases/backups", "logs", "cache"]) {
      mkdirSync(join(dataDir, folder), { recursive: true, mode: PRIVATE });
    }
    // The folder may have been there before with wider modes, e.g. made by hand. Windows keeps to its own rights.
    if (process.platform !== "win32") chmodSync(dataDir, PRIVATE);
  } catch (cause) {
    throw new AppError("data_dir_unusable", `The data folder ${dataDir} cannot be used: ${messageOf(cause)}.`, {
      hint: "Choose a folder that you may write to, with --data-dir or WORKFLOWS_DATA_DIR.",
      cause,
    });
  }
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
