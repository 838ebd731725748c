/**
 * Electron's entry and the shell's composition root: what exists, in which order it starts, who hears of what. No logic
 * of its own; that is in `shell/`, and the engine is behind `host/`.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { app, BrowserWindow, Menu, powerMonitor } from "electron";
import { prepareDataDir, resolveDataDir } from "./host/data-dir.ts";
import { type Host, startHost } from "./host/host.ts";
import { messageOf } from "./lib/app-error.ts";
import { systemClock } from "./lib/clock.ts";
import { type Logger, openLog } from "./lib/log.ts";
import { serveBridge } from "./shell/bridge.ts";
import { askToQuit, tellEngineFailed, tellStartFailed } from "./shell/dialogs.ts";
import { type FailedRun, followFailedRuns } from "./shell/failed-runs.ts";
import { buildMenu } from "./shell/menu.ts";
import { menuCommands } from "./shell/menu-commands.ts";
import { noticeFailedRun } from "./shell/notices.ts";
import { registerAppScheme, serveApp } from "./shell/protocol.ts";
import { createQuit, type Quit } from "./shell/quit.ts";
import { openMemory } from "./shell/remembered.ts";
import { guardAllContents } from "./shell/security.ts";
import { focusWindow, openWindow, preloadPath } from "./shell/window.ts";

const dataDir = resolveDataDir(process.argv, process.env);
const engineLog = join(dataDir, "logs", "workflows.log");
const shellLog = join(dataDir, "logs", "shell.log");
const shellDir = join(dataDir, "desktop");

// Whatever is made here, and by libraries that set no mode of their own, is this user's only.
process.umask(0o077);

// Both have no effect once the app is ready.
registerAppScheme();
app.enableSandbox();

try {
  prepareDataDir(dataDir);
  mkdirSync(shellDir, { recursive: true, mode: 0o700 });
  // Chromium's profile and the single-instance lock belong to the data folder, so that two folders are two apps.
  app.setPath("userData", shellDir);
  if (app.requestSingleInstanceLock()) start();
  else app.quit();
} catch (error) {
  refuse(error);
}

function start(): void {
  const log = openLog({ to: shellLog, debug: new Set(), now: systemClock.now }).for("shell");
  const starting = startHost({ dataDir, kind: "desktop", ...readFlags(), env: process.env });
  const following = new AbortController();
  const quit = createQuit({
    clock: systemClock,
    activeRuns: async () => (await (await starting).status()).activeRuns,
    ask: (activeRuns) => askToQuit(BrowserWindow.getAllWindows()[0], activeRuns),
    onDraining: showDraining,
    async drain() {
      following.abort();
      await (await starting).stop();
    },
    quit: () => app.quit(),
    exit: (code) => app.exit(code),
    onError: (error) => log.error({ error: messageOf(error) }, "Quitting ran into a problem"),
  });
  hearOfTheEnd(quit, log);
  Promise.all([starting, app.whenReady()]).then(([host]) => {
    if (quit.isEnding) return;
    runDesktop({ host, quit, log, following: following.signal });
  }, refuse);
}

/** The app cannot start: say why, with the exit code that a script can tell apart. */
function refuse(error: unknown): void {
  app
    .whenReady()
    .then(() => tellStartFailed(error, existsSync(engineLog) ? engineLog : shellLog))
    .then((code) => app.exit(code));
}

/** Everything that may end the app goes through the same drain. */
function hearOfTheEnd(quit: Quit, log: Logger): void {
  app.on("before-quit", quit.beforeQuit);
  app.on("window-all-closed", () => {
    if (process.platform !== "darwin" && !quit.isEnding) app.quit();
  });
  app.whenReady().then(() => {
    // After ready: Electron installs handlers of its own until then, which would ask a question nobody is there to answer.
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, quit.now);
    // The system waits a little for who asks it to, with an event that the types do not describe.
    powerMonitor.on("shutdown", ((event?: { preventDefault?(): void }) => {
      event?.preventDefault?.();
      quit.now();
    }) as () => void);
  });
  process.on("uncaughtException", (error) => {
    log.error({ error: error.stack ?? messageOf(error) }, "An error that nothing expected; the app closes");
    quit.now();
  });
  process.on("unhandledRejection", (error) => log.error({ error: messageOf(error) }, "A promise failed unheard"));
}

function showDraining(): void {
  for (const window of BrowserWindow.getAllWindows()) {
    window.setTitle(`${app.getName()} is closing…`);
    window.setProgressBar(2);
  }
}

interface Desktop {
  host: Host;
  quit: Quit;
  log: Logger;
  following: AbortSignal;
}

/** The host is up and so is Electron: serve the page, show it, and listen to the person. */
function runDesktop({ host, quit, log, following }: Desktop): void {
  for (const warning of host.warnings) log.warn({}, warning);
  const memory = openMemory(shellDir);
  guardAllContents(log);
  serveBridge();
  serveApp(host.ready);

  let window = open();
  /** The window, opened anew if it was closed, as on macOS it may be. */
  const current = (): BrowserWindow => {
    if (window.isDestroyed()) window = open();
    return window;
  };

  function open(): BrowserWindow {
    const opened = openWindow({ preload: preloadPath(import.meta.dirname), memory, log });
    opened.on("close", (event) => {
      // Closing the last window asks to quit first: a person who cancels must still have a window.
      if (quit.isDrained || process.platform === "darwin") return;
      event.preventDefault();
      app.quit();
    });
    // Once the engine has stopped, a page with unsaved text can no longer save it, and must not keep an empty app open.
    opened.webContents.on("will-prevent-unload", (event) => {
      if (quit.isDrained) event.preventDefault();
    });
    opened.on("session-end", quit.now);
    return opened;
  }

  const report = (what: string) => (error: unknown) => log.error({ error: messageOf(error) }, what);
  app.on("second-instance", () => focusWindow(current()));
  app.on("activate", () => focusWindow(current()));
  const logs = { engine: engineLog, shell: shellLog };
  const commands = menuCommands({ host: host.ready, memory, log, logs, window: current });
  const state = { platform: process.platform, appName: app.getName(), isPackaged: app.isPackaged };
  Menu.setApplicationMenu(Menu.buildFromTemplate(buildMenu(commands, state)));

  const onFailed = (run: FailedRun) => {
    noticeFailedRun(host.ready, window, run).catch(report("A notification could not be shown"));
  };
  followFailedRuns({ host: host.ready, clock: systemClock, signal: following, onFailed }).catch(
    report("Failed runs are no longer notified"),
  );
  host.onEngineFailure(({ message, restarting }) => {
    log.error({ restarting }, message);
    if (!restarting) tellEngineFailed(message, engineLog).then(quit.now, report("The engine's end was not told"));
  });
}

/** Not strict: Electron and Chromium put switches of their own among the arguments. */
function readFlags(): { port: number; safeMode: boolean } {
  const { values } = parseArgs({
    args: process.argv.slice(1),
    strict: false,
    options: { port: { type: "string" }, "safe-mode": { type: "boolean" } },
  });
  const port = Number(values.port ?? 0);
  return {
    port: Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : 0,
    safeMode: values["safe-mode"] === true,
  };
}
