/**
 * The `electron` module of the tests: the parts that the shell uses, on a real Chromium. Signatures are held to
 * Electron's own types by `implements Pick<…>`, and what is not here is undefined and so fails loudly. Behaviour follows
 * Electron's documentation and sources. What people do (choose, click, look away) comes in through `control.ts`.
 */
import { listenToTheTest } from "./control.ts";

export { app } from "./app.ts";
export { BrowserWindow } from "./browser-window.ts";
export { clipboard, dialog, Notification, nativeTheme, powerMonitor, screen, session, shell } from "./desktop-parts.ts";
export { ipcMain } from "./ipc.ts";
export { Menu } from "./menu.ts";
export { protocol } from "./protocol.ts";

listenToTheTest();
