/**
 * The Chromium that tests use: the system's if there is one, else the copy that comes with `npm ci`. Nothing is
 * downloaded, and no flag that weakens the web's own rules (same origin, CSP) is ever set.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { type Browser, chromium, type LaunchOptions } from "playwright-core";

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--font-render-hinting=none",
];

const SYSTEM_NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge"];
const FIXED_PLACES: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ],
};

/** A headless browser; the caller closes it. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch(await chromiumOptions());
}

/** What to start Chromium with. `CHROMIUM_PATH` names another one. Throws when this machine has none. */
export async function chromiumOptions(): Promise<LaunchOptions & { executablePath: string; args: string[] }> {
  const executablePath = systemChromium() ?? (await bundledChromium());
  return { executablePath, args: QUIET, headless: true };
}

function systemChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const named = SYSTEM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const fixed = FIXED_PLACES[process.platform] ?? [];
  return [process.env.CHROMIUM_PATH ?? "", ...named, ...fixed].find((path) => path !== "" && existsSync(path));
}

/**
 * The package's browser, unpacked once per checkout. It unpacks into the temporary folder and takes a half-written
 * file for a whole one, so each process unpacks into a folder of its own and the first to finish gives it its name.
 */
async function bundledChromium(): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error("No Chromium was found. Install Chromium or Chrome, or set CHROMIUM_PATH to its program file.");
  }
  const packageFile = createRequire(import.meta.url).resolve("playwright-core/package.json");
  const cache = join(dirname(dirname(packageFile)), ".cache");
  const home = join(cache, "chromium");
  const program = join(home, "chromium");
  if (existsSync(program)) return program;
  await mkdir(cache, { recursive: true });
  const own = await mkdtemp(join(cache, "unpack-"));
  await unpackInto(own);
  await rename(own, home).catch(async (error: NodeJS.ErrnoException) => {
    await rm(own, { recursive: true, force: true });
    if (!existsSync(program)) throw error;
  });
  return program;
}

async function unpackInto(folder: string): Promise<void> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const { default: bundled } = await import("@sparticuz/chromium");
    await bundled.executablePath();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}
