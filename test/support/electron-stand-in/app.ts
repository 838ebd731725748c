/** `app`: readiness, paths, the single-instance lock, and quitting in the order of Electron's `browser.cc`. */
import { EventEmitter } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type Electron from "electron";
import { closeBrowser, openBrowser } from "./browser.ts";
import { StandInEvent } from "./events.ts";
import { note } from "./journal.ts";

/** What the app needs to know of windows, without importing them in a circle. */
export interface ClosableWindow {
  /** Ask, and close if nobody objects. Resolves with whether it is closed. */
  requestClose(): Promise<boolean>;
  destroy(): void;
}

type Used = "enableSandbox" | "exit" | "getName" | "getPath" | "getVersion" | "isPackaged" | "isReady" | "quit";
type AlsoUsed = "requestSingleInstanceLock" | "setBadgeCount" | "setPath" | "whenReady";

class StandInApp extends EventEmitter implements Pick<Electron.App, Used | AlsoUsed> {
  readonly isPackaged = false;
  readonly windows = new Set<ClosableWindow>();
  #ready: Promise<void> | undefined;
  #isReady = false;
  #isQuitting = false;
  #isExiting = false;
  #isShutDown = false;
  readonly #paths = new Map<string, string>();
  readonly #package = readPackage();

  isReady(): boolean {
    return this.#isReady;
  }

  whenReady(): Promise<void> {
    this.#ready ??= this.#start();
    return this.#ready;
  }

  async #start(): Promise<void> {
    await openBrowser(this.getPath("userData"));
    this.#isReady = true;
    this.emit("ready", new StandInEvent(), {});
  }

  getName(): string {
    return this.#package.productName;
  }

  getVersion(): string {
    return this.#package.version;
  }

  getPath(name: Parameters<Electron.App["getPath"]>[0]): string {
    const known = this.#paths.get(name);
    if (known) return known;
    if (name === "home") return homedir();
    return join(this.#paths.get("userData") ?? homedir(), name);
  }

  setPath(name: string, path: string): void {
    mkdirSync(path, { recursive: true });
    this.#paths.set(name, path);
  }

  enableSandbox(): void {
    if (this.#isReady) throw new Error("app.enableSandbox() can only be called before app is ready");
    note("app.enableSandbox");
  }

  setBadgeCount(count = 0): boolean {
    note("app.setBadgeCount", { count });
    return true;
  }

  /** Synchronous, as in Electron: a file names the holder, and a later start leaves a note that the holder watches for. */
  requestSingleInstanceLock(): boolean {
    const folder = join(this.getPath("userData"), "single-instance");
    mkdirSync(folder, { recursive: true });
    const lock = join(folder, "holder");
    if (isAlive(readNumber(lock))) {
      writeFileSync(join(folder, `start-${process.pid}`), JSON.stringify(process.argv));
      return false;
    }
    writeFileSync(lock, String(process.pid));
    process.on("exit", () => rmSync(lock, { force: true }));
    watch(folder, () => this.#hearOfOtherStarts(folder)).unref();
    return true;
  }

  #hearOfOtherStarts(folder: string): void {
    for (const name of readdirSync(folder).filter((each) => each.startsWith("start-"))) {
      const text = readFileSync(join(folder, name), "utf8");
      // Seen before it was written; the watch comes again.
      if (text === "") continue;
      rmSync(join(folder, name));
      this.emit("second-instance", new StandInEvent(), JSON.parse(text), process.cwd(), null);
    }
  }

  quit(): void {
    if (this.#isQuitting) return;
    const event = new StandInEvent();
    this.emit("before-quit", event);
    // Only now, as in Electron: a listener may call quit() again and must not find it under way.
    this.#isQuitting = !event.defaultPrevented;
    if (this.#isQuitting) void this.#closeAll();
  }

  async #closeAll(): Promise<void> {
    for (const window of this.windows) {
      if (!(await window.requestClose())) {
        this.#isQuitting = false;
        return;
      }
    }
    if (this.windows.size === 0) this.#notifyAndShutDown();
  }

  exit(code = 0): void {
    this.#isQuitting = true;
    this.#isExiting = true;
    for (const window of this.windows) window.destroy();
    void this.#shutDown(code);
  }

  /** Called by the last window that closes. */
  allWindowsClosed(): void {
    if (this.#isExiting) return;
    if (this.#isQuitting) this.#notifyAndShutDown();
    else if (!this.emit("window-all-closed")) this.quit();
  }

  #notifyAndShutDown(): void {
    if (this.#isShutDown) return;
    const event = new StandInEvent();
    this.emit("will-quit", event);
    if (event.defaultPrevented) this.#isQuitting = false;
    else void this.#shutDown(0);
  }

  async #shutDown(code: number): Promise<void> {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    this.emit("quit", new StandInEvent(), code);
    await closeBrowser();
    process.exit(code);
  }
}

export const app = new StandInApp();
// Electron gets ready by itself, whoever waits for it.
setImmediate(() => {
  app.whenReady().catch((error: unknown) => {
    process.stderr.write(`Chromium did not start: ${String(error)}\n`);
    process.exit(70);
  });
});

function readPackage(): { productName: string; version: string } {
  let folder = dirname(process.argv[1] ?? process.cwd());
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

function readNumber(path: string): number | undefined {
  return existsSync(path) ? Number(readFileSync(path, "utf8")) : undefined;
}

function isAlive(pid: number | undefined): boolean {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
