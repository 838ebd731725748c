/** `webContents`: one Chromium page with its preload, its navigation guard and its messages. */
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import type Electron from "electron";
import type { CDPSession, Page } from "playwright-core";
import { newPage } from "./browser.ts";
import { makeCodec } from "./codec.ts";
import { StandInEvent } from "./events.ts";
import { ipcMain } from "./ipc.ts";
import { note } from "./journal.ts";
import { fromChromium, serveProtocols, toChromium } from "./protocol.ts";
import { PRELOAD_WORLD, pageWorldSource, preloadWorldSource, SEND } from "./worlds.ts";

type Used = "getURL" | "isDestroyed" | "loadURL" | "reload" | "send" | "setWindowOpenHandler";
type WindowOpenHandler = Parameters<Electron.WebContents["setWindowOpenHandler"]>[0];
type FromPage = { kind: "invoke" | "send"; id: number; channel: string; wire: unknown };

const codec = makeCodec();
const withoutFragment = (address: string) => address.split("#")[0];

export class StandInWebContents extends EventEmitter implements Pick<Electron.WebContents, Used> {
  /** Compared by identity, as the shell's sender check does. */
  readonly mainFrame: { readonly url: string };
  readonly #opened: Promise<{ page: Page; cdp: CDPSession }>;
  readonly #preferences: Electron.WebPreferences;
  #url = "";
  #mainFrameId = "";
  #preloadContext: number | undefined;
  #windowOpenHandler: WindowOpenHandler = () => ({ action: "allow" });
  /** What the app itself asked to load; such a load is not a navigation that can be vetoed. */
  #asked: string | undefined;
  #isDestroyed = false;

  constructor(preferences: Electron.WebPreferences, size: { width: number; height: number }) {
    super();
    if (preferences.nodeIntegration || preferences.contextIsolation === false || preferences.sandbox === false) {
      throw new Error("The stand-in has sandboxed and isolated pages only");
    }
    this.#preferences = preferences;
    const url = () => this.#url;
    this.mainFrame = {
      get url() {
        return url();
      },
    };
    this.#opened = this.#open(size);
    this.#opened.catch((error: unknown) => process.stderr.write(`A window could not be made: ${String(error)}\n`));
  }

  getURL(): string {
    return this.#url;
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.#windowOpenHandler = handler;
  }

  async loadURL(address: string): Promise<void> {
    await serveProtocols();
    const { page } = await this.#opened;
    const target = toChromium(address);
    this.#asked = withoutFragment(target);
    await page.goto(target, { waitUntil: "load" });
    this.emit("did-finish-load");
  }

  reload(): void {
    this.#asked = withoutFragment(toChromium(this.#url));
    void this.#opened.then(({ page }) => page.reload());
  }

  send(channel: string, ...args: unknown[]): void {
    const call = `standInReceive(${JSON.stringify(channel)}, ${JSON.stringify(codec.encode(args))})`;
    void this.#runInPreload(call);
  }

  async close(): Promise<void> {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    const { page } = await this.#opened;
    await page.close().catch(() => undefined);
  }

  async #open({ width, height }: { width: number; height: number }) {
    const page = await newPage();
    await page.setViewportSize({ width, height });
    const cdp = await page.context().newCDPSession(page);
    await this.#watch(cdp);
    await this.#injectWorlds(cdp);
    page.on("crash", () => {
      this.emit("render-process-gone", new StandInEvent(), { reason: "crashed", exitCode: 1 });
    });
    page.on("pageerror", (error) => note("page error", { message: error.message }));
    page.on("console", (message) => note("console", { level: message.type(), text: message.text() }));
    return { page, cdp };
  }

  async #watch(cdp: CDPSession): Promise<void> {
    await cdp.send("Page.enable");
    await cdp.send("Runtime.enable");
    const { frameTree } = await cdp.send("Page.getFrameTree");
    this.#mainFrameId = frameTree.frame.id;
    cdp.on("Page.frameNavigated", ({ frame }) => {
      if (frame.parentId === undefined) this.#url = fromChromium(frame.url);
    });
    cdp.on("Page.navigatedWithinDocument", ({ frameId, url }) => {
      if (frameId === this.#mainFrameId) this.#url = fromChromium(url);
    });
    cdp.on("Page.windowOpen", ({ url }) => this.#windowOpen(fromChromium(url)));
    cdp.on("Fetch.requestPaused", (paused) => {
      const guarded = paused.frameId === this.#mainFrameId && !this.#mayLoad(paused);
      const { requestId } = paused;
      const answer = guarded
        ? cdp.send("Fetch.failRequest", { requestId, errorReason: "Aborted" })
        : cdp.send("Fetch.continueRequest", { requestId });
      // The page may be gone by now.
      answer.catch(() => undefined);
    });
    await cdp.send("Fetch.enable", { patterns: [{ urlPattern: "*", resourceType: "Document" }] });
  }

  #mayLoad({ request, redirectedRequestId }: { request: { url: string }; redirectedRequestId?: string }): boolean {
    if (withoutFragment(request.url) === this.#asked) {
      this.#asked = undefined;
      return true;
    }
    const url = fromChromium(request.url);
    const event = new StandInEvent({ url, isMainFrame: true, isSameDocument: false });
    this.emit(redirectedRequestId === undefined ? "will-navigate" : "will-redirect", event, url);
    if (event.defaultPrevented) note("navigation prevented", { url });
    return !event.defaultPrevented;
  }

  #windowOpen(url: string): void {
    const details = {
      url,
      frameName: "",
      features: "",
      disposition: "foreground-tab",
      referrer: { url: "", policy: "" },
    };
    const { action } = this.#windowOpenHandler(details as Electron.HandlerDetails);
    note("window.open", { url, action });
    // Chromium was told to open none, so an app that allows one finds out here.
    if (action === "allow") throw new Error(`The stand-in opens no second window, but ${url} was allowed`);
  }

  async #injectWorlds(cdp: CDPSession): Promise<void> {
    cdp.on("Runtime.executionContextCreated", ({ context }) => {
      const { frameId } = context.auxData as { frameId?: string };
      if (context.name === PRELOAD_WORLD && frameId === this.#mainFrameId) this.#preloadContext = context.id;
    });
    cdp.on("Runtime.bindingCalled", ({ name, payload }) => {
      if (name === SEND) void this.#hear(JSON.parse(payload) as FromPage);
    });
    await cdp.send("Runtime.addBinding", { name: SEND, executionContextName: PRELOAD_WORLD });
    await cdp.send("Page.addScriptToEvaluateOnNewDocument", { source: pageWorldSource() });
    const { preload, additionalArguments = [] } = this.#preferences;
    if (!preload) return;
    await cdp.send("Page.addScriptToEvaluateOnNewDocument", {
      worldName: PRELOAD_WORLD,
      source: preloadWorldSource(readFileSync(preload, "utf8"), ["electron", ...additionalArguments]),
    });
  }

  async #hear({ kind, id, channel, wire }: FromPage): Promise<void> {
    const args = codec.decode(wire) as unknown[];
    const event = new StandInEvent({
      sender: this,
      senderFrame: this.mainFrame,
    }) as unknown as Electron.IpcMainInvokeEvent;
    if (kind === "send") return void ipcMain.emit(channel, event, ...args);
    const [ok, value] = await ipcMain.answer(channel, event, args).then(
      (result) => [true, result],
      (error: unknown) => [false, `Error invoking remote method '${channel}': ${String(error)}`],
    );
    await this.#runInPreload(`standInReply(${id}, ${ok}, ${JSON.stringify(codec.encode(value))})`);
  }

  async #runInPreload(expression: string): Promise<void> {
    const { cdp } = await this.#opened;
    if (this.#preloadContext === undefined) return;
    // The page may have gone on to another document; then there is nobody to tell.
    await cdp.send("Runtime.evaluate", { expression, contextId: this.#preloadContext }).catch(() => undefined);
  }
}
