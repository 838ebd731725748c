/**
 * What a person can do with the desktop app, and what they can see: one interface for the stand-in and for real
 * Electron. No scenario here, and nothing about how either works.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { HostReady } from "../../electron/host/server-file.ts";

export type DialogKind = "message" | "save";

/** A dialog that the app opened, as far as its words go. */
export interface SeenDialog {
  message: string;
  detail: string;
}

export interface DesktopDriver {
  /** The window's page, loaded. */
  page(): Promise<Page>;
  /** The page's address as the app knows it, `app://workflows/…`. */
  address(): Promise<string>;
  /** Choose a menu item, e.g. `File > Export Backup…`. */
  menu(path: string): Promise<void>;
  /** Press the keys of a menu item, e.g. `Ctrl+N`. */
  press(accelerator: string): Promise<void>;
  /** Say how the next dialog of that kind is answered: a button's label, a path, or null to cancel. */
  answerDialog(kind: DialogKind, answer: string | null): Promise<void>;
  /** Dialogs of one kind so far. One that nobody answered fails the scenario at its end. */
  dialogs(kind: DialogKind): Promise<SeenDialog[]>;
  notifications(): Promise<{ title: string; body: string }[]>;
  clickNotification(index: number): Promise<void>;
  /** Addresses handed to the system's browser. */
  openedOutside(): Promise<string[]>;
  /** Look at another program's window. */
  lookAway(): Promise<void>;
  isFocused(): Promise<boolean>;
  quit(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** The exit code, once the app has ended. */
  exited(): Promise<number | null>;
  /** Start a second one on the same data folder; its exit code. */
  launchAgain(): Promise<number | null>;
  /** Start anew after it ended. */
  relaunch(): Promise<void>;
  /** End it, however it stands, and fail if it opened a dialog that no scenario expected. */
  dispose(): Promise<void>;
}

export type LaunchDesktop = (dataDir: string) => Promise<DesktopDriver>;

/** Where the running app's engine answers, and with which token. */
export const hostOf = (dataDir: string): HostReady =>
  JSON.parse(readFileSync(join(dataDir, "server.json"), "utf8")) as HostReady;

/** Call the running app's API, as a script of the same user would. */
export async function callApi<Reply>(dataDir: string, path: string, json?: unknown): Promise<Reply> {
  const { url, token } = hostOf(dataDir);
  const answer = await fetch(url + path, {
    method: json === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${token}`,
      ...(json === undefined ? {} : { "content-type": "application/json" }),
    },
    body: json === undefined ? null : JSON.stringify(json),
  });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${body}`);
  return JSON.parse(body) as Reply;
}

/** Wait until something is so. Fails with `what` when it takes longer than a slow machine needs. */
export async function until<T>(what: string, look: () => Promise<T | undefined | null | false>): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await wait(25);
  }
}
