/**
 * Which paths a step may use. Relative ones lie in the run's own folder; absolute ones only in folders that the person
 * approved. Judged by real path, so that neither `..` nor a link leads out.
 */
import { lstat, mkdir, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { StepError } from "../steps/step-type.ts";

export interface FileRules {
  /** Parent of all run folders. */
  workRoot: string;
  /** Absolute folders that steps may read and write. */
  approved: readonly string[];
  /** Absolute folders that steps may only read: the bundled example data. */
  readable: readonly string[];
  /**
   * The app's own data folder. Approving a folder around it opens nothing in it: a step that read the live database
   * would drop SQLite's locks when it closed the file, and committed runs could be lost.
   */
  dataDir: string;
}

export const workdirOf = (rules: FileRules, runId: string): string => join(rules.workRoot, runId);

/** The absolute, vetted path. Throws StepError `file_access_denied`. */
export async function resolveFor(
  rules: FileRules,
  runId: string,
  path: string,
  purpose: "read" | "write",
): Promise<string> {
  if (path.includes("\0")) throw denied(path, "it holds a zero byte");
  const workdir = workdirOf(rules, runId);
  const wanted = isAbsolute(path) ? resolve(path) : resolve(workdir, path);
  const real = await realpathOfNearest(wanted);
  const isOwnData = isInside(await realpathOfNearest(resolve(rules.dataDir)), real);
  const roots = [workdir, ...rules.approved, ...(purpose === "read" ? rules.readable : [])];
  for (const root of roots) {
    if (isOwnData && root !== workdir) continue;
    if (isInside(await realpathOfNearest(resolve(root)), real)) {
      if (root === workdir) await mkdir(workdir, { recursive: true, mode: 0o700 });
      return real;
    }
  }
  throw denied(path, isAbsolute(path) ? "it is in no approved folder" : "it leads out of the run's folder");
}

/** True for the root itself and anything below it; `/a/work2` is not inside `/a/work`. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Follows links as far as the path exists; what does not exist yet is added to the real path of its parent. */
async function realpathOfNearest(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) return path;
    // A link to nothing: writing through it would make a file wherever it points.
    if (await isLink(path)) throw denied(path, "it is a link to something that does not exist");
    return join(await realpathOfNearest(parent), path.slice(parent.endsWith(sep) ? parent.length : parent.length + 1));
  }
}

const isLink = (path: string): Promise<boolean> =>
  lstat(path).then(
    (entry) => entry.isSymbolicLink(),
    () => false,
  );

const denied = (path: string, why: string): StepError =>
  new StepError("file_access_denied", `${path} may not be used by a step: ${why}.`, {
    hint: "Use a path relative to the run, or approve the folder with WORKFLOWS_FILE_ALLOWLIST.",
  });
