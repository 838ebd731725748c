/** The test's hands, reaching in from the process that started this one: requests by name, answers by number. */
import { app } from "./app.ts";
import { browserEndpoint } from "./browser.ts";
import { BrowserWindow } from "./browser-window.ts";
import {
  type DialogAnswer,
  type DialogKind,
  nativeTheme,
  notifications,
  queueAnswer,
  unusedAnswers,
} from "./desktop-parts.ts";
import { type Entry, journal } from "./journal.ts";
import { chooseMenuItem, pressAccelerator } from "./menu.ts";

/** What a test may ask for. */
const requests = {
  /** Where to look at the page; once a window is shown. */
  endpoint: (): string | null =>
    BrowserWindow.getAllWindows().some((each) => each.isVisible()) ? (browserEndpoint() ?? null) : null,
  journal: (): readonly Entry[] => journal,
  menu: (path: string): void => chooseMenuItem(path),
  press: (keys: string): void => pressAccelerator(keys),
  answer: (kind: DialogKind, answer: DialogAnswer): void => queueAnswer(kind, answer),
  unusedAnswers: (): DialogKind[] => unusedAnswers(),
  notifications: () => notifications.map(({ title, body }) => ({ title, body })),
  clickNotification: (index: number): void => void notifications[index]?.emit("click"),
  blur: (): void => BrowserWindow.getFocusedWindow()?.blur(),
  isFocused: (): boolean => BrowserWindow.getFocusedWindow() !== null,
  address: (): string => BrowserWindow.getAllWindows()[0]?.webContents.getURL() ?? "",
  quit: (): void => app.quit(),
  darken(): void {
    nativeTheme.shouldUseDarkColors = true;
    nativeTheme.emit("updated");
  },
};

export type Requests = typeof requests;
export type Ask = { id: number; name: keyof Requests; args: unknown[] };
export type Answer = { id: number; value?: unknown; error?: string };

export function listenToTheTest(): void {
  if (!process.send) return;
  process.on("message", ({ id, name, args }: Ask) => {
    try {
      const request = requests[name] as (...args: unknown[]) => unknown;
      process.send?.({ id, value: request(...args) } satisfies Answer);
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.message : String(error) } satisfies Answer);
    }
  });
  // A test that waits must not keep an app alive that has ended.
  process.channel?.unref();
}
