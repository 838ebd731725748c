/**
 * The main side of `window.desktop`. The page reaches everything else over HTTP; here is only what needs the desktop.
 * Every call is checked for its sender and its arguments.
 */
import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { app, ipcMain, shell, type WebContents } from "electron";
import { CHANNELS, type MenuCommand } from "./bridge-channels.ts";
import { isFromApp } from "./security.ts";

/** Listen to the page. Call once. */
export function serveBridge(): void {
  handle(CHANNELS.revealPath, (path) => {
    if (!isRevealable(path)) throw new Error("There is no such file or folder.");
    shell.showItemInFolder(path);
  });
  handle(CHANNELS.setBadge, (count) => {
    if (!Number.isInteger(count) || Number(count) < 0) throw new Error("A badge is a whole number from 0 up.");
    if (process.platform !== "win32") app.setBadgeCount(Number(count));
  });
}

/** Tell the page that a menu item was chosen. */
export function sendMenuCommand(contents: WebContents, command: MenuCommand): void {
  contents.send(CHANNELS.menu, command);
}

/** A path on another machine (`\\server\…`) would send the user's credentials there by being looked at. */
function isRevealable(path: unknown): path is string {
  return typeof path === "string" && isAbsolute(path) && !/^[\\/]{2}/.test(path) && existsSync(path);
}

function handle(channel: string, listener: (argument: unknown) => void): void {
  ipcMain.handle(channel, (event, ...args: unknown[]) => {
    if (!isFromApp(event)) throw new Error("Refused: not the app's own page.");
    listener(args[0]);
  });
}
