/**
 * Where the pieces of the app lie: the entries of its threads, the built page, its version. Two layouts are known, the
 * bundles side by side in `dist/electron/` and the sources in their folders.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export interface Entries {
  engine: URL;
  /** File URLs, as text so that they can be posted to the engine thread. */
  threads: { reader: string; maintenance: string; compute: string };
  /** Folder of the built page; null when it was not built. */
  rendererDir: string | null;
  appVersion: string;
}

const SOURCES = {
  engine: "./engine-thread.ts",
  reader: "../store/threads/reader-thread.ts",
  maintenance: "../store/threads/maintenance-thread.ts",
  compute: "../engine/compute-thread.ts",
  renderer: "../../dist/renderer/",
};

const BUNDLES: typeof SOURCES = {
  engine: "./engine-thread.js",
  reader: "./reader-thread.js",
  maintenance: "./maintenance-thread.js",
  compute: "./compute-thread.js",
  renderer: "../renderer/",
};

/** @param from the URL of a module in `electron/host/`, or of a bundle; both are two folders below the package. */
export async function locateEntries(from: string): Promise<Entries> {
  const layout = from.endsWith(".ts") ? SOURCES : BUNDLES;
  const at = (path: string): URL => new URL(path, from);
  const rendererDir = fileURLToPath(at(layout.renderer));
  return {
    engine: at(layout.engine),
    threads: {
      reader: at(layout.reader).href,
      maintenance: at(layout.maintenance).href,
      compute: at(layout.compute).href,
    },
    rendererDir: existsSync(`${rendererDir}index.html`) ? rendererDir : null,
    appVersion: versionIn(await readFile(at("../../package.json"), "utf8")),
  };
}

const versionIn = (packageJson: string): string => (JSON.parse(packageJson) as { version: string }).version;
