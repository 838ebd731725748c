/**
 * Where secrets rest: one file beside the database, never in it. Every value is sealed by itself with AES-256-GCM under a
 * data key that lies in a file of its own, so that neither a backup of the database nor the sealed file alone gives any
 * away. Named secrets stay until they are removed; those of a run go when the run ends.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { AppError } from "../../lib/app-error.ts";

export interface Vault {
  /** Names only; values never leave but to a step. */
  names(): string[];
  named(name: string): string | undefined;
  setNamed(name: string, value: string): void;
  /** False if there was none of that name. */
  removeNamed(name: string): boolean;
  ofRun(runId: string): Readonly<Record<string, string>>;
  keepForRun(runId: string, secrets: Readonly<Record<string, string>>): void;
  /** The run has ended: its secrets are wiped. */
  wipeRun(runId: string): void;
  holds(runId: string): boolean;
  /** Runs that have secrets kept. */
  runs(): string[];
}

interface Sealed {
  version: 1;
  named: Record<string, string>;
  runs: Record<string, Record<string, string>>;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param dir the folder of the database. Nothing is written before the first secret. */
export function openVault(dir: string): Vault {
  const keyPath = join(dir, "secrets.key");
  const sealedPath = join(dir, "secrets.sealed");
  let content: Sealed | null = null;
  let key: Buffer | null = null;

  const sealed = (): Sealed => {
    content ??= existsSync(sealedPath) ? parseSealed(sealedPath) : { version: 1, named: {}, runs: {} };
    return content;
  };
  const dataKey = (): Buffer => {
    key ??= existsSync(keyPath) ? readKey(keyPath) : makeKey(keyPath);
    return key;
  };
  // The place is sealed in with the value, so that a value cannot be moved to another name.
  const seal = (place: string, value: string): string => encrypt(dataKey(), place, value);
  const open = (place: string, text: string): string => decrypt(dataKey(), place, text, sealedPath);
  const save = (): void => writeDurably(sealedPath, JSON.stringify(sealed()));

  return {
    names: () => Object.keys(sealed().named).sort(),
    named(name) {
      const text = sealed().named[name];
      return text === undefined ? undefined : open(`named:${name}`, text);
    },
    setNamed(name, value) {
      sealed().named[name] = seal(`named:${name}`, value);
      save();
    },
    removeNamed(name) {
      if (!Object.hasOwn(sealed().named, name)) return false;
      delete sealed().named[name];
      save();
      return true;
    },
    ofRun(runId) {
      const kept = Object.entries(sealed().runs[runId] ?? {});
      return Object.fromEntries(kept.map(([name, text]) => [name, open(`run:${runId}:${name}`, text)]));
    },
    keepForRun(runId, secrets) {
      const entries = Object.entries(secrets);
      if (entries.length === 0) return;
      sealed().runs[runId] = Object.fromEntries(
        entries.map(([name, value]) => [name, seal(`run:${runId}:${name}`, value)]),
      );
      save();
    },
    wipeRun(runId) {
      if (!Object.hasOwn(sealed().runs, runId)) return;
      delete sealed().runs[runId];
      save();
    },
    holds: (runId) => Object.hasOwn(sealed().runs, runId),
    runs: () => Object.keys(sealed().runs),
  };
}

function parseSealed(path: string): Sealed {
  try {
    const content = JSON.parse(readFileSync(path, "utf8")) as Sealed;
    if (content.version === 1) return content;
  } catch {
    // Told below, with what to do.
  }
  throw new AppError("secrets_unreadable", `${path} cannot be read as the app's sealed secrets.`, {
    hint: "Put back the file from before, or move it away and enter the secrets again.",
  });
}

function readKey(path: string): Buffer {
  const key = Buffer.from(readFileSync(path, "utf8").trim(), "base64");
  if (key.length === KEY_BYTES) return key;
  throw new AppError("secrets_unreadable", `${path} does not hold a key.`, {
    hint: "Put back the file from before; without it the sealed secrets cannot be opened.",
  });
}

function makeKey(path: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  writeDurably(path, `${key.toString("base64")}\n`);
  return key;
}

function encrypt(key: Buffer, place: string, value: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(place, "utf8"));
  const body = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
}

function decrypt(key: Buffer, place: string, text: string, path: string): string {
  const bytes = Buffer.from(text, "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(place, "utf8"))
      .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
  } catch {
    throw new AppError("secrets_unreadable", `A secret in ${path} cannot be opened with the key beside it.`, {
      hint: "The key belongs to another file. Put back the one from before, or enter the secret again.",
    });
  }
}

/** Complete and on disk before it has its name, readable by its owner alone. */
function writeDurably(path: string, text: string): void {
  const partial = `${path}.partial`;
  writeFileSync(partial, "", { mode: 0o600 });
  const file = openSync(partial, "r+");
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(partial, path);
}
