/**
 * What `DATABASE_URL_WORKFLOWS` means: which SQLite file is the store, and which Postgres, if any, is the remote.
 * Nothing here opens or makes a file.
 */
import { statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import { AppError, messageOf } from "../lib/app-error.ts";

export interface DatabaseLocation {
  /** Absolute path of the SQLite file that is the store, whatever the remote. */
  databasePath: string;
  /** The Postgres remote with its password masked; null without one. */
  remote: string | null;
}

const MASK = "***";
const SQLITE_PREFIX = "sqlite:///";

/**
 * Unset: the data folder's own file. `sqlite:////abs/path.db` and plain paths: that file. `sqlite:///name.db`: relative
 * to the data folder's `Databases/`. `postgres://…`: SQLite stays the store and the URL is the remote.
 * Throws `database_url_invalid`.
 */
export function locateDatabase(url: string | null, dataDir: string): DatabaseLocation {
  const folder = join(dataDir, "Databases");
  const own = join(folder, "workflows.db");
  if (url === null) return { databasePath: own, remote: null };
  if (/^postgres(ql)?:/i.test(url)) return { databasePath: own, remote: maskUrl(checkedPostgres(url)) };
  if (/^sqlite:/i.test(url)) return { databasePath: sqlitePath(url, folder), remote: null };
  // One letter before the colon is a Windows drive, not a scheme.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1];
  if (scheme) throw invalid(`its scheme "${scheme}" is not known`);
  return { databasePath: fileFor(url, folder), remote: null };
}

/**
 * Refuse a path that no database can be made at, before a lock file is put beside it.
 * Throws `database_url_invalid`.
 */
export function checkDatabasePlace(databasePath: string): void {
  const statOf = (path: string) => statSync(path, { throwIfNoEntry: false });
  const folder = dirname(databasePath);
  try {
    if (!statOf(folder)?.isDirectory()) throw invalid(`the folder ${folder} does not exist`);
    if (statOf(databasePath)?.isDirectory()) throw invalid(`${databasePath} is a folder`);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw invalid(`the folder ${folder} cannot be looked at (${messageOf(error)})`);
  }
}

/** The URL with its password, in the user part or in the query, replaced. Text that is not a URL is masked whole. */
export function maskUrl(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return MASK;
  }
  if (parsed.password) parsed.password = MASK;
  for (const name of [...parsed.searchParams.keys()]) {
    if (/password|passfile|secret|token|key/i.test(name)) parsed.searchParams.set(name, MASK);
  }
  return parsed.toString();
}

function sqlitePath(url: string, folder: string): string {
  const bare = url.split(/[?#]/, 1)[0] ?? "";
  if (!bare.toLowerCase().startsWith(SQLITE_PREFIX)) throw invalid("a SQLite address begins with sqlite:///");
  const path = decoded(bare.slice(SQLITE_PREFIX.length));
  return fileFor(path, folder);
}

function fileFor(path: string, folder: string): string {
  if (path === "" || path.endsWith("/") || path.includes("\0")) throw invalid("it names no file");
  if (path.toLowerCase() === ":memory:") throw invalid("a database in memory would forget every run");
  if (isAbsolute(path)) return path;
  const file = resolve(folder, path);
  if (!file.startsWith(resolve(folder) + sep)) {
    throw invalid("a relative path must stay in the data folder's Databases; give the whole path instead");
  }
  return file;
}

function checkedPostgres(url: string): string {
  if (!URL.canParse(url) || !new URL(url).hostname) throw invalid("it is not a complete Postgres address");
  return url;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalid("it holds a broken percent sign");
  }
}

/** The URL itself is never quoted: it may hold a password in a place where no mask looks. */
const invalid = (why: string): AppError =>
  new AppError("database_url_invalid", `DATABASE_URL_WORKFLOWS cannot be used: ${why}.`, {
    hint: "Use sqlite:////absolute/path.db, sqlite:///name.db, a plain path, or postgres://user:password@host/database; or unset it.",
  });
