/** The one Chromium behind all windows of the stand-in: one profile in the app's own folder, as in Electron. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { chromiumOptions } from "../chromium.ts";

let context: BrowserContext | undefined;
let endpoint: string | undefined;

export async function openBrowser(userData: string): Promise<void> {
  const profile = join(userData, "chromium");
  const portFile = join(profile, "DevToolsActivePort");
  rmSync(portFile, { force: true });
  const options = await chromiumOptions();
  context = await chromium.launchPersistentContext(profile, {
    ...options,
    // The port is for the test, which looks at the page from another process.
    args: [...options.args, "--remote-debugging-port=0", "--block-new-web-contents"],
    viewport: null,
    // Signals are the app's to answer.
    handleSIGHUP: false,
    handleSIGINT: false,
    handleSIGTERM: false,
  });
  while (!existsSync(portFile)) await wait(10);
  endpoint = `http://127.0.0.1:${readFileSync(portFile, "utf8").split("\n")[0]}`;
}

export async function closeBrowser(): Promise<void> {
  await context?.close().catch(() => undefined);
  context = undefined;
}

/** Where a second client may connect to look at the pages. */
export const browserEndpoint = (): string | undefined => endpoint;

/** A page for a new window; the empty one that the browser began with is taken first. */
export async function newPage(): Promise<Page> {
  if (!context) throw new Error("Cannot create BrowserWindow before app is ready");
  const idle = context.pages().find((page) => !taken.has(page));
  const page = idle ?? (await context.newPage());
  taken.add(page);
  return page;
}

const taken = new WeakSet<Page>();
