/**
 * The desktop app in real Electron, where its program file and a display are. The system's dialogs, browser and
 * notifications are replaced inside the main process by the test's answers; all else is the real thing.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { _electron, type ElectronApplication } from "playwright-core";
import { locateElectron } from "../../build/electron-binary.mjs";
import type { DesktopDriver, SeenDialog } from "./driver.ts";

const root = join(import.meta.dirname, "../..");

/** The program file, or in words why the scenarios cannot run in it here. */
export function findElectron(): { path: string } | { why: string } {
  const located = locateElectron();
  if (!("path" in located)) return { why: located.why };
  const hasDisplay = process.platform !== "linux" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  return hasDisplay ? { path: located.path } : { why: "there is no display" };
}

/** What is put into the main process to stand for the person and the desktop. */
interface Desk {
  answers: Record<string, (string | null)[]>;
  dialogs: Record<string, SeenDialog[]>;
  outside: string[];
  notifications: { title: string; body: string; emit(event: string): boolean }[];
  unexpected: string[];
}

/** @param dataDir of this scenario. Throws when `findElectron` says why not. */
export async function launchRealElectron(dataDir: string): Promise<DesktopDriver> {
  const found = findElectron();
  if (!("path" in found)) throw new Error(found.why);
  const { path } = found;
  // Chromium refuses to be sandboxed for root, as which containers run.
  const args = [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), root, "--data-dir", dataDir];
  let app = await launch(path, args);
  let ended = endOf(app);
  return {
    page: async () => {
      const page = await app.firstWindow();
      await page.waitForLoadState();
      return page;
    },
    address: async () => (await app.firstWindow()).url(),
    menu: (item) => app.evaluate(chooseMenu, item),
    press: (keys) => app.evaluate(pressKeys, keys),
    answerDialog: (kind, answer) =>
      app
        .evaluate((_electron, given) => desk().answers[given.kind]?.push(given.answer), { kind, answer })
        .then(() => {}),
    dialogs: (kind) => app.evaluate((_electron, asked) => desk().dialogs[asked] ?? [], kind),
    notifications: () => app.evaluate(() => desk().notifications.map(({ title, body }) => ({ title, body }))),
    clickNotification: (index) => app.evaluate((_electron, at) => void desk().notifications[at]?.emit("click"), index),
    openedOutside: () => app.evaluate(() => desk().outside),
    lookAway: () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.blur()),
    isFocused: () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getFocusedWindow() !== null),
    quit: () => app.evaluate(({ app }) => app.quit()),
    signal: (name) => void app.process().kill(name),
    exited: () => ended,
    launchAgain: () =>
      new Promise((resolve) => spawn(path, args, { stdio: "ignore" }).once("exit", (code) => resolve(code))),
    async relaunch() {
      await ended;
      app = await launch(path, args);
      ended = endOf(app);
    },
    async dispose() {
      const isUp = app.process().exitCode === null;
      const unexpected = isUp ? await app.evaluate(() => desk().unexpected) : [];
      app.process().kill("SIGKILL");
      await ended;
      if (unexpected.length > 0)
        throw new Error(`The app opened dialogs that nobody expected: ${unexpected.join(", ")}`);
    },
  };
}

declare function desk(): Desk;

async function launch(executablePath: string, args: string[]): Promise<ElectronApplication> {
  const app = await _electron.launch({ executablePath, args });
  await app.evaluate(layDesk);
  return app;
}

function endOf(app: ElectronApplication): Promise<number | null> {
  return new Promise((resolve) => app.process().once("exit", (code) => resolve(code)));
}

/** Runs in the main process: it may use nothing from this file. */
function layDesk({ dialog, shell, Notification }: typeof Electron.CrossProcessExports): void {
  const state: Desk = {
    answers: { message: [], save: [] },
    dialogs: { message: [], save: [] },
    outside: [],
    notifications: [],
    unexpected: [],
  };
  Object.assign(globalThis, { desk: () => state });
  const next = (kind: string, words: string): string | null => {
    const answer = state.answers[kind]?.shift();
    if (answer !== undefined) return answer;
    state.unexpected.push(words);
    throw new Error(`A ${kind} dialog was opened and no answer was queued: ${words}`);
  };
  Object.assign(dialog, {
    async showMessageBox(...args: unknown[]) {
      const { message, detail = "", buttons = ["OK"] } = args.at(-1) as SeenDialog & { buttons?: string[] };
      state.dialogs.message?.push({ message, detail });
      return { response: buttons.indexOf(next("message", message) ?? ""), checkboxChecked: false };
    },
    async showSaveDialog() {
      state.dialogs.save?.push({ message: "", detail: "" });
      const filePath = next("save", "save dialog");
      return { canceled: filePath === null, filePath: filePath ?? "" };
    },
  });
  Object.assign(shell, { openExternal: async (url: string) => void state.outside.push(url), showItemInFolder() {} });
  Notification.prototype.show = function () {
    state.notifications.push(this);
  };
}

function chooseMenu({ Menu }: typeof Electron.CrossProcessExports, path: string): void {
  const titleOf = (item: Electron.MenuItem) => item.label.replace(/&/g, "");
  let items = Menu.getApplicationMenu()?.items ?? [];
  let chosen: Electron.MenuItem | undefined;
  for (const title of path.split(">").map((part) => part.trim())) {
    chosen = items.find((item) => titleOf(item) === title);
    if (!chosen) throw new Error(`No "${title}" in "${path}"; there are: ${items.map(titleOf).join(", ")}`);
    items = chosen.submenu?.items ?? [];
  }
  chosen?.click();
}

function pressKeys({ Menu }: typeof Electron.CrossProcessExports, keys: string): void {
  const all = (items: Electron.MenuItem[]): Electron.MenuItem[] =>
    items.flatMap((item) => [item, ...all(item.submenu?.items ?? [])]);
  const normal = (text: string) => text.replace(/CmdOrCtrl/, process.platform === "darwin" ? "Cmd" : "Ctrl");
  const item = all(Menu.getApplicationMenu()?.items ?? []).find(
    ({ accelerator }) => accelerator && normal(String(accelerator)) === keys,
  );
  if (!item) throw new Error(`No menu item has the keys ${keys}`);
  item.click();
}
