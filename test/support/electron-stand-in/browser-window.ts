/** `BrowserWindow`: a page with a state that is kept, not drawn. Focus is what the test says it is. */
import { EventEmitter } from "node:events";
import type Electron from "electron";
import { app, type ClosableWindow } from "./app.ts";
import { StandInEvent } from "./events.ts";
import { note } from "./journal.ts";
import { StandInWebContents } from "./web-contents.ts";

type Used = "close" | "destroy" | "focus" | "getNormalBounds" | "isDestroyed" | "isFocused" | "isMaximized";
type AlsoUsed = "isMinimized" | "isVisible" | "loadURL" | "maximize" | "minimize" | "restore" | "show";
type Looks = "getTitle" | "setBackgroundColor" | "setProgressBar" | "setTitle";

let lastId = 0;
let focused: BrowserWindow | undefined;

export class BrowserWindow
  extends EventEmitter
  implements Pick<Electron.BrowserWindow, Used | AlsoUsed | Looks>, ClosableWindow
{
  readonly id = ++lastId;
  readonly webContents: StandInWebContents;
  readonly #bounds: Electron.Rectangle;
  #title: string;
  #isVisible: boolean;
  #isMaximized = false;
  #isMinimized = false;
  #isDestroyed = false;

  static getAllWindows(): BrowserWindow[] {
    return [...app.windows] as BrowserWindow[];
  }

  static getFocusedWindow(): BrowserWindow | null {
    return focused ?? null;
  }

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    const { x = 0, y = 0, width = 800, height = 600 } = options;
    this.#bounds = { x, y, width, height };
    this.#title = options.title ?? app.getName();
    this.#isVisible = options.show !== false;
    this.webContents = new StandInWebContents(options.webPreferences ?? {}, this.#bounds);
    this.webContents.once("did-finish-load", () => this.emit("ready-to-show"));
    app.windows.add(this);
    app.emit("web-contents-created", new StandInEvent(), this.webContents);
    note("window", { ...this.#bounds, backgroundColor: options.backgroundColor });
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  show(): void {
    this.#isVisible = true;
    this.focus();
    this.emit("show");
  }

  focus(): void {
    focused = this;
    note("window.focus");
    this.emit("focus");
  }

  blur(): void {
    if (focused === this) focused = undefined;
    this.emit("blur");
  }

  isFocused(): boolean {
    return focused === this;
  }

  isVisible(): boolean {
    return this.#isVisible;
  }

  minimize(): void {
    this.#isMinimized = true;
    this.blur();
  }

  restore(): void {
    this.#isMinimized = false;
  }

  isMinimized(): boolean {
    return this.#isMinimized;
  }

  maximize(): void {
    this.#isMaximized = true;
  }

  isMaximized(): boolean {
    return this.#isMaximized;
  }

  getNormalBounds(): Electron.Rectangle {
    return { ...this.#bounds };
  }

  getTitle(): string {
    return this.#title;
  }

  setTitle(title: string): void {
    this.#title = title;
    note("window.setTitle", { title });
  }

  setProgressBar(progress: number): void {
    note("window.setProgressBar", { progress });
  }

  setBackgroundColor(backgroundColor: string): void {
    note("window.setBackgroundColor", { backgroundColor });
  }

  close(): void {
    void this.requestClose();
  }

  async requestClose(): Promise<boolean> {
    const event = new StandInEvent();
    this.emit("close", event);
    if (event.defaultPrevented) return false;
    await this.webContents.close();
    this.#gone();
    return true;
  }

  destroy(): void {
    void this.webContents.close();
    this.#gone();
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  #gone(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    if (focused === this) focused = undefined;
    app.windows.delete(this);
    this.emit("closed");
    if (app.windows.size === 0) app.allWindowsClosed();
  }
}
