/** Where a backup may go. Nothing that the app or the person still needs is replaced, and nothing is read that is locked. */
import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { AppError } from "../lib/app-error.ts";

export interface BackupPlaces {
  databasePath: string;
  dataDir: string;
  /** Where backups go that were given no place of their own. */
  backupDir: string;
  /** Epoch ms; names a backup that was given no name. */
  now: number;
}

/** The absolute path of the file. Throws `input_invalid` with the reason. */
export function backupTarget(places: BackupPlaces, wanted: string | null): string {
  if (wanted === null) return join(places.backupDir, `workflows-${stamp(places.now)}.db`);
  if (!isAbsolute(wanted)) throw refused("must be an absolute path");
  const folder = dirname(resolve(wanted));
  if (!existsSync(folder)) throw refused(`the folder ${folder} does not exist`);
  const path = join(realpathSync(folder), basename(wanted));
  if (isLive(places, path)) throw refused("belongs to the live database");
  if (isInside(places.dataDir, path) && !path.endsWith(".db")) {
    throw refused("in the app's own folder a backup must end in .db");
  }
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) throw refused(`${basename(path)} is a folder`);
  if (there && there.size > 0 && !isDatabase(path)) {
    throw refused(`${basename(path)} exists and is no database; only an older backup is replaced`);
  }
  return path;
}

/** Compared by real path. These files must not even be opened: closing them would drop the locks that SQLite holds. */
function isLive({ databasePath }: BackupPlaces, path: string): boolean {
  const live = existsSync(databasePath) ? realpathSync(databasePath) : resolve(databasePath);
  return ["", "-wal", "-shm", "-journal", ".host.lock"].some((suffix) => path === `${live}${suffix}`);
}

const isInside = (folder: string, path: string): boolean => `${dirname(path)}/`.startsWith(`${realpathSync(folder)}/`);

const MAGIC = "SQLite format 3\0";

function isDatabase(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(MAGIC.length);
    readSync(file, head, 0, head.length, 0);
    return head.toString("latin1") === MAGIC;
  } finally {
    closeSync(file);
  }
}

/** `20260131-235959Z`, in UTC so that names sort by time. */
const stamp = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-").concat("Z");

const refused = (why: string): AppError =>
  new AppError("input_invalid", `path: ${why}`, { problems: [{ path: "path", message: why, code: "input_invalid" }] });
