// @ts-check
/**
 * Builds the app: engine, window and page, side by side, and prints how long each took.
 *   node build/build.mjs [--if-stale] [engine|shell|renderer ...]
 * `--if-stale` does nothing while `dist/` is newer than every source. What is built, and how, is in the vite configs.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const stamp = join(dist, ".built");
const claim = join(dist, ".building");
const SOURCES = ["electron", "renderer", "shared", "build", "package.json", "package-lock.json"];
const PARTS = ["engine", "shell", "renderer"];
/** A build takes seconds; a claim this old belongs to one that was killed. */
const CLAIM_LIMIT_MS = 120_000;

const named = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const ifStale = process.argv.includes("--if-stale");
const unknown = named.find((name) => !PARTS.includes(name));
if (unknown) {
  console.error(`There is no part "${unknown}"; the parts are ${PARTS.join(", ")}.`);
  process.exit(2);
}
await takeClaim();
process.once("exit", () => rmSync(claim, { force: true }));
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(name, () => process.exit(130));
// Asked only now: another build that was waited for may have done the work.
const built = ifStale && !isStale() ? true : await buildAll(named.length > 0 ? named : PARTS);
process.exit(built ? 0 : 1);

/** @param {string[]} parts */
async function buildAll(parts) {
  const startedAt = Date.now();
  const results = await Promise.all(parts.map(buildPart));
  if (!results.every(Boolean)) return false;
  if (parts.includes("engine") && parts.includes("shell")) removeLeftovers(startedAt);
  if (parts.length === PARTS.length) touchStamp(startedAt);
  console.log(`built in ${seconds(Date.now() - startedAt)}`);
  return true;
}

/** @param {string} part */
async function buildPart(part) {
  const startedAt = Date.now();
  const config = `build/vite.${part}.config.ts`;
  const args = ["node_modules/vite/bin/vite.js", "build", "--config", config, "--logLevel", "warn"];
  // A build that a test runner asks for must be the one that is shipped: under NODE_ENV=test, React's slow half comes in.
  const env = { ...process.env, NODE_ENV: "production" };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (output.trim()) console.error(output.trim());
  console.log(`  ${part.padEnd(9)} ${code === 0 ? seconds(Date.now() - startedAt) : `failed (${config})`}`);
  return code === 0;
}

/** Chunks carry a hash in their names, so those of an earlier build stay behind. They go only after the new ones stand. */
function removeLeftovers(/** @type {number} */ startedAt) {
  const folder = join(dist, "electron");
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // A second of grace: file systems round their times.
    if (entry.isFile() && statSync(path).mtimeMs < startedAt - 1_000) rmSync(path);
  }
}

/** The stamp carries the time at which the build began: what was edited meanwhile counts as newer. */
function touchStamp(/** @type {number} */ startedAt) {
  closeSync(openSync(stamp, "a"));
  utimesSync(stamp, startedAt / 1000, startedAt / 1000);
}

function isStale() {
  const builtAt = mtime(stamp);
  return builtAt === 0 || SOURCES.some((name) => newestIn(join(root, name)) > builtAt);
}

/** @param {string} path @returns {number} the newest change in a file or folder, in epoch milliseconds */
function newestIn(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A folder's own time tells of files that were removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

/** Two builds at once would tear each other's files; the second waits. */
async function takeClaim() {
  mkdirSync(dist, { recursive: true });
  for (let tries = 0; ; tries += 1) {
    if (tries === 1) console.log("another build is running; waiting for it");
    try {
      closeSync(openSync(claim, "wx"));
      return;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
      if (Date.now() - mtime(claim) > CLAIM_LIMIT_MS) rmSync(claim, { force: true });
      else await delay(100);
    }
  }
}

/** @param {string} path @returns {number} 0 when it is not there */
function mtime(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
