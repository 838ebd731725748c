/** The one window: how it looks, where it stands, and what happens when its page dies. Nothing of what it shows. */
import { join } from "node:path";
import { app, BrowserWindow, dialog, Menu, type MenuItemConstructorOptions, nativeTheme, screen } from "electron";
import type { Logger } from "../lib/log.ts";
import { APP_URL } from "./address.ts";
import { VERSION_ARGUMENT } from "./bridge-channels.ts";
import { type Memory, visibleBounds } from "./remembered.ts";

/** The page's own background in both themes, so that no white flashes before it is drawn. */
const BACKGROUND = { light: "#ffffff", dark: "#16181d" };
const background = () => (nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light);

export interface WindowOptions {
  preload: string;
  memory: Memory;
  log: Logger;
  /** Page to begin with. */
  url?: string;
}

/** Open the window; it shows itself once there is something to see. */
export function openWindow({ preload, memory, log, url = APP_URL }: WindowOptions): BrowserWindow {
  const displays = screen.getAllDisplays().map((display) => display.workArea);
  const window = new BrowserWindow({
    width: 1280,
    height: 840,
    ...visibleBounds(memory.current.bounds, displays),
    minWidth: 720,
    minHeight: 480,
    show: false,
    backgroundColor: background(),
    title: app.getName(),
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      spellcheck: false,
      additionalArguments: [`${VERSION_ARGUMENT}${app.getVersion()}`],
    },
  });
  if (memory.current.isMaximized) window.maximize();
  window.once("ready-to-show", () => window.show());
  rememberPlace(window, memory);
  followTheme(window);
  offerCopyAndPaste(window);
  reviveOnce(window, log);
  window.loadURL(url).catch((error: unknown) => log.warn({ error: String(error) }, "The page did not load"));
  return window;
}

/** Bring a window to the front, wherever it was. */
export function focusWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

/** The preload beside the main bundle. */
export const preloadPath = (folder: string): string => join(folder, "preload.cjs");

function rememberPlace(window: BrowserWindow, memory: Memory): void {
  // Normal bounds: those that the window returns to when it is no longer maximised.
  window.on("close", () => memory.remember({ bounds: window.getNormalBounds(), isMaximized: window.isMaximized() }));
}

function followTheme(window: BrowserWindow): void {
  const update = () => window.setBackgroundColor(background());
  nativeTheme.on("updated", update);
  window.once("closed", () => nativeTheme.off("updated", update));
}

function offerCopyAndPaste(window: BrowserWindow): void {
  window.webContents.on("context-menu", (_event, { isEditable, editFlags, selectionText }) => {
    const item = (role: "cut" | "copy" | "paste" | "selectAll", enabled: boolean): MenuItemConstructorOptions => ({
      role,
      enabled,
    });
    const copy = item("copy", editFlags.canCopy);
    const editing = [item("cut", editFlags.canCut), copy, item("paste", editFlags.canPaste), item("selectAll", true)];
    const items = isEditable ? editing : selectionText.trim() === "" ? [] : [copy];
    if (items.length > 0) Menu.buildFromTemplate(items).popup({ window });
  });
}

/** A page that crashes is loaded again once by itself. The engine and its runs are not concerned. */
function reviveOnce(window: BrowserWindow, log: Logger): void {
  let revived = false;
  window.webContents.on("render-process-gone", async (_event, { reason, exitCode }) => {
    log.error({ reason, exit_code: exitCode }, "The page's process ended");
    if (reason === "clean-exit" || window.isDestroyed()) return;
    if (!revived) {
      revived = true;
      window.webContents.reload();
      return;
    }
    const { response } = await dialog.showMessageBox(window, {
      type: "error",
      message: "The window stopped working again.",
      detail: "Your runs are not affected; they go on in the background. Reloading shows them again.",
      buttons: ["Reload", "Quit"],
      defaultId: 0,
    });
    if (response === 0 && !window.isDestroyed()) window.webContents.reload();
    else app.quit();
  });
}
