// @ts-check
/**
 * Finds Electron's program file, and fetches it when it is missing. Looks at files only: since version 42 merely
 * importing `electron` in Node starts a download without an end in sight.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const packageDir = join(import.meta.dirname, "../node_modules/electron");
/** How long a download may take to show its first byte. */
const FIRST_BYTE_MS = 5_000;

/** @typedef {{ path: string } | { why: string, canFetch: boolean }} Located */

/** @returns {Located} the program file, or in words why there is none */
export function locateElectron() {
  const program = programFile();
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) {
    const path = join(override, program);
    return existsSync(path)
      ? { path }
      : { why: `there is no ${program} in ELECTRON_OVERRIDE_DIST_PATH`, canFetch: false };
  }
  const wanted = readText("package.json");
  if (wanted === null) return { why: "the electron package is not installed", canFetch: false };
  const { version } = JSON.parse(wanted);
  const path = join(packageDir, "dist", program);
  const isRight = readText("dist/version")?.replace(/^v/, "") === version;
  return isRight && existsSync(path) ? { path } : { why: `Electron ${version} is not downloaded`, canFetch: true };
}

/**
 * Let Electron's own installer download the program; give up if nothing arrives within five seconds.
 * @returns {Promise<string | null>} null when it is here now, else in words what went wrong
 */
export async function fetchElectron() {
  const folder = mkdtempSync(join(tmpdir(), "electron-download-"));
  try {
    return await runInstaller(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder where the installer puts what it downloads, so that its first byte can be seen */
async function runInstaller(folder) {
  const env = { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder, ELECTRON_GET_NO_PROGRESS: "1" };
  const child = spawn(process.execPath, [join(packageDir, "install.js")], { env, stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaint += text));
  let code = /** @type {number | null | undefined} */ (undefined);
  child.once("close", (closed) => (code = closed));

  const startedAt = Date.now();
  let shownMb = 0;
  while (code === undefined) {
    await delay(100);
    // A copy from the installer's own cache goes straight to `dist`.
    const bytes = bytesIn(folder) + bytesIn(join(packageDir, "dist"));
    if (bytes === 0 && Date.now() - startedAt > FIRST_BYTE_MS) {
      child.kill();
      return `nothing arrived within ${FIRST_BYTE_MS / 1000} s`;
    }
    const mb = Math.floor(bytes / 1e6);
    if (mb < shownMb + 10) continue;
    shownMb = mb;
    console.log(`  downloading Electron: ${mb} MB`);
  }
  if (code === 0) return null;
  return /ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|Response code \d+/.exec(complaint)?.[0] ?? "the download failed";
}

function programFile() {
  if (process.platform === "darwin") return "Electron.app/Contents/MacOS/Electron";
  return process.platform === "win32" ? "electron.exe" : "electron";
}

/** @param {string} name */
function readText(name) {
  const path = join(packageDir, name);
  return existsSync(path) ? readFileSync(path, "utf8").trim() : null;
}

/** @param {string} folder @returns {number} */
function bytesIn(folder) {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce(
    (sum, file) => sum + (statSync(join(file.parentPath, file.name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
