/**
 * Node entry: the same engine without a window. Arguments, signals and the ready line; everything else is the host's.
 * stdout carries the ready line and nothing else, so that a script can read it. Imports stay few: code loaded before
 * the compile cache is on is compiled anew at every start.
 */
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { type Arguments, parseArguments, USAGE } from "./host/arguments.ts";
import { compileCacheDir, prepareDataDir, resolveDataDir } from "./host/data-dir.ts";
import type { Host } from "./host/host.ts";
import type { HostReady } from "./host/server-file.ts";
import type { AppError } from "./lib/app-error.ts";

const EXIT = { failed: 1, usage: 2, locked: 3, interrupted: 130 } as const;
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
const SAME_REQUEST_MS = 500;
const LAST_RESORT_MS = 30_000;

// Whatever is made here, and by libraries that set no mode of their own, is this user's only.
process.umask(0o077);

// A terminal or parent that is gone must not keep the drain from ending.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

const given = parseArguments(process.argv.slice(2));
if ("problem" in given) {
  say(`${given.problem}\n\n${USAGE}`);
  process.exitCode = EXIT.usage;
} else if (given.help) {
  say(USAGE);
} else {
  await run(given);
}

async function run({ port, safeMode, readyJson }: Arguments): Promise<void> {
  const dataDir = resolveDataDir(process.argv.slice(2), process.env);
  try {
    prepareDataDir(dataDir);
    enableCompileCache(compileCacheDir(dataDir));
    const { startHost } = await import("./host/host.ts");
    const { killThisProcess } = await import("./host/last-resort.ts");
    let host: Host | null = null;
    const signal = nextSignal(() => {
      if (!host) return killThisProcess(null, "Stopped before it was ready.");
      host.cutOff().finally(() => process.exit(EXIT.interrupted));
    });
    // The host's own limits come first; this is for a start that hangs.
    void signal.then(() => {
      const late = () => killThisProcess(host && dataDir, "It did not stop in time, so this process is killed.");
      setTimeout(late, LAST_RESORT_MS).unref();
    });
    host = await startHost({ dataDir, kind: "headless", port, safeMode, env: process.env });
    for (const warning of host.warnings) say(warning);
    const ended = new Promise<"engine">((resolve) => {
      host.onEngineFailure(({ message, restarting }) => {
        say(message);
        if (!restarting) resolve("engine");
      });
    });
    await announce(host.ready, readyJson);
    const cause = await Promise.race([signal, ended]);
    await host.stop();
    process.exitCode = cause === "engine" ? EXIT.failed : 0;
  } catch (error) {
    await refuse(error as AppError, dataDir, readyJson);
  }
}

async function announce(ready: HostReady, asJson: boolean): Promise<void> {
  if (asJson) {
    process.stdout.write(`${JSON.stringify(ready)}\n`);
    return;
  }
  const { personalUrl } = await import("./host/server-file.ts");
  say(`Workflows is ready: ${personalUrl(ready)}`);
  say(`Data folder: ${ready.data_dir}`);
  say(`Log file: ${join(ready.data_dir, "logs", "workflows.log")}`);
  say("Ctrl+C stops it after running steps are saved.");
}

/**
 * The first signal asks for an orderly end; a second one means now. One Ctrl+C may arrive twice, from the terminal and
 * passed on by npm, so a repeat within half a second is the same request.
 */
function nextSignal(onImpatience: () => void): Promise<string> {
  return new Promise((resolve) => {
    let askedAt = 0;
    for (const name of SIGNALS) {
      process.on(name, () => {
        const now = performance.now();
        if (askedAt > 0 && now - askedAt > SAME_REQUEST_MS) onImpatience();
        if (askedAt > 0) return;
        askedAt = now;
        say("Stopping: running steps are saved. A second signal stops at once.");
        resolve(name);
      });
    }
  });
}

async function refuse(error: AppError, dataDir: string, readyJson: boolean): Promise<void> {
  const isStartError = error.name === "AppError";
  say(isStartError ? error.message : (error.stack ?? String(error)));
  if (error.hint) say(error.hint);
  const isLocked = error.code === "host_locked" || error.code === "database_in_use";
  process.exitCode = isLocked ? EXIT.locked : EXIT.failed;
  if (error.code !== "host_locked" || readyJson) return;
  const { answers, personalUrl, readServerFile } = await import("./host/server-file.ts");
  const holder = readServerFile(dataDir);
  if (!holder) return;
  if (await answers(holder)) say(`It answers at ${personalUrl(holder)}`);
  else say(`It does not answer at ${holder.url}. If it stays so, end process ${holder.pid} and start again.`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
