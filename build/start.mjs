// @ts-check
/**
 * `npm start`: the desktop app where there is a display and Electron's program, else the same engine in this terminal,
 * with one sentence saying why. Builds first if the sources are newer. Both ways share the data folder and its lock.
 *   node build/start.mjs [--headless] [--no-open] [--data-dir DIR] [--port N] [--safe-mode]
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fetchElectron, locateElectron } from "./electron-binary.mjs";
import { whenNpmEnds } from "./npm-parent.mjs";

const root = join(import.meta.dirname, "..");
const OWN_FLAGS = new Set(["--headless", "--no-open"]);
const own = process.argv.slice(2).filter((word) => OWN_FLAGS.has(word));
const passedOn = process.argv.slice(2).filter((word) => !OWN_FLAGS.has(word));
/** "Cannot be run" and "not found", by which a missing system library is told; then the signals of a crash. */
const UNRUNNABLE = new Set([126, 127, ...crashCodes("SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGSEGV")]);
/** A crash later than this is not about being unable to start. */
const STARTING_MS = 3_000;

const node = findNode();
if (!node) {
  console.error(
    `Node ${process.versions.node} is too old to run the engine. Install Node 24 (or at least 22.12) and try again.`,
  );
  process.exit(1);
}
const build = spawnSync(node, [join(root, "build/build.mjs"), "--if-stale"], { stdio: "inherit" });
if (build.status !== 0) process.exit(build.status ?? 1);
process.exit(await start(node));

/** @param {string} node @returns {Promise<number>} the exit code */
async function start(node) {
  const desktop = await findDesktop();
  if ("path" in desktop) {
    const startedAt = Date.now();
    const code = await run(desktop.path, [root, ...passedOn]);
    if (!UNRUNNABLE.has(code) || Date.now() - startedAt > STARTING_MS) return code;
    desktop.why = "Electron could not be run, the lines above may say which system library is missing";
  }
  console.log(`No desktop window: ${desktop.why}. The same app runs in this terminal instead.`);
  return runHeadless(node);
}

/** @returns {Promise<{ path: string, why?: string } | { why: string }>} */
async function findDesktop() {
  if (own.includes("--headless")) return { why: "--headless was given" };
  if (!hasDisplay()) return { why: "there is no display" };
  if (process.platform === "linux" && process.getuid?.() === 0) return { why: "Electron does not run as root" };
  const located = locateElectron();
  if ("path" in located) return located;
  if (!located.canFetch) return { why: located.why };
  console.log(`${located.why}; trying to get it.`);
  const problem = await fetchElectron();
  if (problem) return { why: `${located.why} and could not be fetched (${problem})` };
  const fetched = locateElectron();
  return "path" in fetched ? fetched : { why: fetched.why };
}

/** The host prints where it answers; here that is only read along, to open the browser. */
async function runHeadless(/** @type {string} */ node) {
  const mayOpen = !own.includes("--no-open") && process.stdout.isTTY && hasDisplay();
  let seen = "";
  return run(node, [join(root, "dist/electron/headless.js"), ...passedOn], (text) => {
    process.stderr.write(text);
    if (!mayOpen || seen === "opened") return;
    seen += text;
    const url = /^Workflows is ready: (\S+)\s/m.exec(seen)?.[1];
    if (!url) return;
    seen = "opened";
    openBrowser(url);
  });
}

/**
 * Run to its end, passing signals on. Ctrl+C in a terminal reaches the child by itself; this process only must not end first.
 * @param {string} program
 * @param {string[]} args
 * @param {(text: string) => void} [onStderr] reads stderr along instead of showing it
 * @returns {Promise<number>} its exit code; 128 and the signal's number if a signal ended it
 */
function run(program, args, onStderr) {
  const child = spawn(program, args, { stdio: ["inherit", "inherit", onStderr ? "pipe" : "inherit"] });
  if (onStderr) child.stderr?.setEncoding("utf8").on("data", onStderr);
  for (const name of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(name, () => child.kill(name));
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  whenNpmEnds(() => child.kill("SIGTERM"));
  return new Promise((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", (code, signal) => resolve(code ?? codeOf(signal)));
  });
}

/** @param {NodeJS.Signals | null} signal as a shell would report it */
function codeOf(signal) {
  return 128 + (signal ? constants.signals[signal] : 0);
}

/** @param {NodeJS.Signals[]} signals */
function crashCodes(...signals) {
  return signals.map(codeOf);
}

/** The address holds the token, so it goes to the opener alone and is printed for this user only. */
function openBrowser(/** @type {string} */ url) {
  const [program, args] = opener(url);
  const child = spawn(program, args, { stdio: "ignore", detached: true });
  child.once("error", () => console.error("The browser could not be opened; open the address above yourself."));
  child.unref();
}

/** @param {string} url @returns {[string, string[]]} */
function opener(url) {
  if (process.platform === "darwin") return ["open", [url]];
  return process.platform === "win32" ? ["cmd", ["/c", "start", "", url]] : ["xdg-open", [url]];
}

function hasDisplay() {
  if (process.platform !== "linux") return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** This Node if it is new enough, else the one that came with `npm ci`. */
function findNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 12)) return process.execPath;
  const system = process.platform === "win32" ? "win" : process.platform;
  const carried = join(
    root,
    `node_modules/node-${system}-${process.arch}/bin/node${process.platform === "win32" ? ".exe" : ""}`,
  );
  return existsSync(carried) ? carried : null;
}
