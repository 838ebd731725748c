/**
 * May the file of an artifact be handed out? Its path comes from a row, and rows can come from other machines, so only
 * real paths inside known folders count. Nothing is opened or read here.
 */
import { realpath } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "../lib/app-error.ts";

export interface Scope {
  /** Folders that the engine itself gave to the run, and the artifact store. */
  trusted: readonly string[];
  /** Folders that the person approved. */
  approved: readonly string[];
  /** What the artifact's own metadata claims; believed only inside a trusted or approved folder. */
  claimed: string | null;
  strict: boolean;
}

export interface Located {
  /** By its real path; it may not exist. */
  path: string;
  warning: string | null;
}

/** Throws `path_outside_scope` with the reason, or `artifact_file_missing` for an address that is no local file. */
export async function locate(uri: string, scope: Scope): Promise<Located> {
  const path = await realPathOf(localPath(uri));
  const trusted = await realPaths(scope.trusted);
  const approved = await realPaths(scope.approved);
  const claimed = scope.claimed === null ? [] : await realPaths([scope.claimed]);
  const believed = claimed.filter((folder) => [...trusted, ...approved].some((root) => isInside(folder, root)));
  if ([...trusted, ...believed].some((root) => isInside(path, root))) return { path, warning: null };
  if (!scope.strict && approved.some((root) => isInside(path, root))) {
    return { path, warning: "outside the folders of this run; served because its folder is approved" };
  }
  throw outside(scope.strict);
}

const outside = (strict: boolean): AppError =>
  new AppError(
    "path_outside_scope",
    strict
      ? "The file lies outside the artifact folder and the folders of this run."
      : "The file lies outside every approved folder.",
    { hint: "Copy the file by hand, or approve its folder in the settings and switch strict checking off." },
  );

function localPath(uri: string): string {
  try {
    return resolve(fileURLToPath(uri));
  } catch (cause) {
    throw new AppError("artifact_file_missing", "This artifact is not a file on this machine.", { cause });
  }
}

/** Links resolved as far as the path exists, so that a missing file is judged by the folder that it would lie in. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(await realPathOf(folder), relative(folder, path));
  }
}

/** Folders that do not exist hold nothing and are left out. */
async function realPaths(folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(folders.map((folder) => realpath(folder).catch(() => null)));
  return found.filter((folder) => folder !== null);
}

/** Both by their real paths. `/data/a` does not hold `/data/ab`. */
export const isInside = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
