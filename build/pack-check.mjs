// @ts-check
/**
 * Packs the app for Linux with a dummy in place of Electron's program, without a network, and looks at the result: what
 * is in the archive, what is beside it, how big it is, how the fuses stand, and that the packed engine runs.
 *   node build/pack-check.mjs
 * It checks our packing, not Electron: for that, build with `npm run dist` and start what comes out.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { createInterface } from "node:readline";
import { extractAll, listPackage } from "@electron/asar";
import { FuseState, FuseV1Options, getCurrentFuseWire } from "@electron/fuses";

const root = join(import.meta.dirname, "..");
/** All that we ship beside Electron's own 200 MB. */
const SIZE_LIMIT_MB = 20;
const READY_LIMIT_MS = 20_000;

/** What must be there; each of these missing has its own way of failing late. */
const NEEDED = [
  "/package.json",
  "/dist/electron/desktop.js",
  "/dist/electron/preload.cjs",
  "/dist/electron/headless.js",
  "/dist/electron/engine-thread.js",
  "/dist/electron/reader-thread.js",
  "/dist/electron/maintenance-thread.js",
  "/dist/electron/compute-thread.js",
  "/dist/renderer/index.html",
  "/node_modules/better-sqlite3/lib/index.js",
];

/** Anything that is not one of these is a mistake: a source, a test, a map, a secret, somebody's scratch file. */
const ALLOWED = [
  /^\/package\.json$/,
  /^\/dist\/electron\/[\w.~-]+\.(js|cjs)$/,
  /^\/dist\/electron\/templates\/.+\.(ya?ml|json|csv|md|txt|log|db|sqlite)$/,
  /^\/dist\/renderer\/[\w./~-]+\.(html|js|css|svg|png|ico|woff2)$/,
  /^\/node_modules\/better-sqlite3\/(package\.json|LICENSE|lib\/.+\.js|prebuilds\/linux-x64\.node)$/,
];

const FUSES = {
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
};

const scratch = mkdtempSync(join(tmpdir(), "workflows-pack-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));

run("build", ["build/build.mjs", "--if-stale"]);
const packed = step("pack", pack);
const resources = join(packed, "resources");
const archive = join(resources, "app.asar");
const entries = step("entries", () => checkEntries(archive));
step("native code", () => checkUnpacked(archive, entries));
step("size", () => checkSize(resources));
await step("fuses", () => checkFuses(join(packed, "workflows-desktop")));
await step("packed engine", () => checkEngine(archive));
console.log("pack-check: all is well");

/** @returns {string} the folder with the unpacked app */
function pack() {
  const electronDist = join(scratch, "electron");
  const output = join(scratch, "release");
  makeDummyElectron(electronDist);
  const config = ["--config", "build/electron-builder.yml", `-c.electronDist=${electronDist}`];
  const where = `-c.directories.output=${output}`;
  run("electron-builder", ["node_modules/electron-builder/cli.js", "--linux", "dir", "--x64", ...config, where]);
  return join(output, "linux-unpacked");
}

/**
 * As much of Electron's download as the packer touches: a program with the sentinel by which fuses are found, then the
 * wire's version, its length, and nine fuses as they leave Electron's factory.
 * @param {string} folder
 */
function makeDummyElectron(folder) {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules/electron/package.json"), "utf8"));
  for (const each of ["", "locales", "resources"]) mkdirSync(join(folder, each), { recursive: true });
  const wire = Buffer.concat([
    Buffer.from("dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX"),
    Buffer.from([1, 9]),
    Buffer.from("101100011"),
  ]);
  writeFileSync(join(folder, "electron"), Buffer.concat([Buffer.from("#!/bin/sh\nexit 0\n"), wire]));
  chmodSync(join(folder, "electron"), 0o755);
  writeFileSync(join(folder, "version"), version);
  writeFileSync(join(folder, "locales/en-US.pak"), "");
  for (const name of ["LICENSE", "LICENSES.chromium.html"]) writeFileSync(join(folder, name), "dummy");
}

/** @param {string} archive */
function checkEntries(archive) {
  const entries = listPackage(archive, { isPack: false }).map((path) => path.split(sep).join("/"));
  const files = entries.filter((path) => !entries.some((other) => other.startsWith(`${path}/`)));
  const strangers = files.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)));
  if (strangers.length > 0) fail(`does not belong in the app: ${listed(strangers)}`);
  const missing = NEEDED.filter((path) => !files.includes(path));
  if (missing.length > 0) fail(`is missing from the app: ${listed(missing)}`);
  return files;
}

/**
 * Native code lies beside the archive, exactly one file of it.
 * @param {string} archive
 * @param {string[]} entries
 */
function checkUnpacked(archive, entries) {
  const unpacked = filesIn(`${archive}.unpacked`);
  const native = unpacked.filter((path) => path.endsWith(".node"));
  if (native.length !== 1) fail(`one native file was expected beside the archive, there are: ${native.join(", ")}`);
  const others = unpacked.filter((path) => !path.endsWith(".node") && !path.startsWith("dist/electron/templates/"));
  if (others.length > 0) fail(`needs not be unpacked: ${listed(others)}`);
  const inside = entries.filter((path) => path.endsWith(".node"));
  if (inside.length !== 1) fail(`the archive should know of one native file, it lists: ${inside.join(", ")}`);
}

/** @param {string} folder */
function checkSize(folder) {
  const bytes = filesIn(folder).reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
  const mb = bytes / 1e6;
  if (mb > SIZE_LIMIT_MB) fail(`our part is ${mb.toFixed(1)} MB, more than ${SIZE_LIMIT_MB}`);
  return `${mb.toFixed(1)} MB`;
}

/** @param {string} program */
async function checkFuses(program) {
  const wire = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (await getCurrentFuseWire(program)));
  const wrong = Object.entries(FUSES).filter(
    ([fuse, on]) => wire[fuse] !== (on ? FuseState.ENABLE : FuseState.DISABLE),
  );
  if (wrong.length > 0)
    fail(`set otherwise than configured: ${wrong.map(([fuse]) => FuseV1Options[Number(fuse)]).join(", ")}`);
}

/**
 * What was packed, taken out again and started under plain Node: nothing that the engine needs was left behind.
 * @param {string} archive
 */
async function checkEngine(archive) {
  const app = join(scratch, "app");
  extractAll(archive, app);
  cpSync(`${archive}.unpacked`, app, { recursive: true });
  const args = [join(app, "dist/electron/headless.js"), "--ready-json", "--data-dir", join(scratch, "data")];
  const child = spawn(process.execPath, args, { cwd: scratch, stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const ended = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  const timer = setTimeout(() => child.kill("SIGKILL"), READY_LIMIT_MS);
  const line = await Promise.race([firstLine(child.stdout), ended.then(() => undefined)]);
  if (line === undefined) fail(`it did not start:\n${stderr}`);
  const { url } = JSON.parse(line);
  const health = await fetch(`${url}/healthz`);
  const page = await fetch(`${url}/`, { headers: { accept: "text/html" } });
  child.kill("SIGTERM");
  const code = await ended;
  clearTimeout(timer);
  if (!health.ok) fail(`/healthz answered ${health.status}`);
  if (!page.ok || !(await page.text()).includes("<script")) fail(`the page was not served, but ${page.status}`);
  if (code !== 0) fail(`it ended with ${code} after SIGTERM:\n${stderr}`);
}

/** @param {import("node:stream").Readable} stream @returns {Promise<string>} */
function firstLine(stream) {
  return new Promise((resolve) => createInterface(stream).once("line", resolve));
}

/** @param {string} folder @returns {string[]} relative paths, with slashes */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .split(sep)
        .join("/"),
    );
}

/** @param {string} name @param {string[]} args */
function run(name, args) {
  try {
    // The packer compresses and asks servers nothing, as all it needs is given.
    execFileSync(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    fail(`${name} failed:\n${stdout ?? ""}${stderr ?? ""}`);
  }
}

/** @template T @param {string} name @param {() => T} check @returns {T} */
function step(name, check) {
  const startedAt = performance.now();
  const said = (/** @type {unknown} */ result) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(
      `  ${name.padEnd(14)} ${typeof result === "string" && name === "size" ? result : "ok"}  (${seconds} s)`,
    );
  };
  const result = check();
  if (result instanceof Promise) result.then(said, () => undefined);
  else said(result);
  return result;
}

/** @param {string[]} paths the first ten are enough to see what went wrong */
function listed(paths) {
  const more = paths.length > 10 ? ` and ${paths.length - 10} more` : "";
  return paths.slice(0, 10).join(", ") + more;
}

/** @param {string} sentence @returns {never} */
function fail(sentence) {
  console.error(`pack-check: ${sentence}`);
  process.exit(1);
}
