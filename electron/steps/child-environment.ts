/** What a command inherits of the host's environment, and where its program is found. The one place a step looks at it. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, resolve } from "node:path";

/** Names that programs need to find their way; all else, tokens and keys of the host above all, stays here. */
const INHERITED: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "LANG",
  "LANGUAGE",
  "LC_ALL",
  "LC_CTYPE",
  "LOGNAME",
  "USER",
  "SHELL",
  "TZ",
  "TMPDIR",
  "TMP",
  "TEMP",
  "XDG_RUNTIME_DIR",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "SYSTEMROOT",
  "WINDIR",
  "COMSPEC",
  "PATHEXT",
  "USERPROFILE",
  "USERNAME",
  "APPDATA",
  "LOCALAPPDATA",
  "PROGRAMDATA",
  "PROGRAMFILES",
  "PROGRAMFILES(X86)",
  "HOMEDRIVE",
  "HOMEPATH",
]);

/** The inherited names, then the step's own on top. */
export function childEnvironment(own: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && INHERITED.has(name.toUpperCase()),
  );
  return Object.fromEntries([...inherited, ...Object.entries(own)].map(([name, value]) => [name, String(value)]));
}

/** True if the system could run this program: a path as it stands from `cwd`, a bare name by PATH. POSIX only. */
export async function programExists(program: string, cwd: string, path: string | undefined): Promise<boolean> {
  const places = program.includes("/")
    ? [resolve(cwd, program)]
    : (path ?? "").split(delimiter).map((folder) => resolve(cwd, folder, program));
  for (const place of places) {
    if (await isExecutable(place)) return true;
  }
  return false;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Not there, or not ours to run: the same for a search along PATH.
    return false;
  }
}
