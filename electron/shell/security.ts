/**
 * What no page may do, in one place: leave the app, open windows, embed webviews, ask for permissions, or talk to the
 * shell from a frame that is not the app's own. Holds for every web contents there will ever be.
 */
import { app, type IpcMainEvent, type IpcMainInvokeEvent, session, shell, type WebContents } from "electron";
import type { Logger } from "../lib/log.ts";
import { externalUrl, isAppUrl } from "./address.ts";

/** Copy buttons need this one; it writes plain content, and only on a click. */
const ALLOWED = new Set(["clipboard-sanitized-write"]);

/** Must run before the first window is made. */
export function guardAllContents(log: Logger): void {
  app.on("web-contents-created", (_event, contents) => guardContents(contents, log));
  const allowed = (permission: string, origin: string) => ALLOWED.has(permission) && isAppUrl(origin);
  session.defaultSession.setPermissionRequestHandler((_contents, permission, reply, details) => {
    reply(allowed(permission, details.requestingUrl));
  });
  session.defaultSession.setPermissionCheckHandler((_contents, permission, origin) => allowed(permission, origin));
}

/** True for a message that comes from the app's own page, not from a frame inside it and not from elsewhere. */
export function isFromApp(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame === event.sender.mainFrame && isAppUrl(frame.url);
}

function guardContents(contents: WebContents, log: Logger): void {
  const stay = (event: { preventDefault(): void }, address: string) => {
    if (isAppUrl(address)) return;
    event.preventDefault();
    openOutside(address, log);
  };
  contents.on("will-navigate", (event) => stay(event, event.url));
  contents.on("will-redirect", (event) => stay(event, event.url));
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url, log);
    return { action: "deny" };
  });
}

function openOutside(address: string, log: Logger): void {
  const url = externalUrl(address);
  if (url === undefined) return log.warn({}, "An address that may not leave the app was refused");
  shell.openExternal(url).catch((error: unknown) => log.warn({ error: String(error) }, "The browser did not open"));
}
