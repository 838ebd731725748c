/**
 * The desktop around the window: dialogs, notifications, clipboard, displays, theme, power. Nothing is drawn; what the
 * app does is noted. A dialog that no test expected is an error, never a click on the default.
 */
import { EventEmitter } from "node:events";
import type Electron from "electron";
import { note } from "./journal.ts";

export type DialogKind = "message" | "save" | "open";
/** A button's label for a message; a path for the others, or null to cancel. */
export type DialogAnswer = string | null;

const answers: Record<DialogKind, DialogAnswer[]> = { message: [], save: [], open: [] };

export function queueAnswer(kind: DialogKind, answer: DialogAnswer): void {
  answers[kind].push(answer);
}

/** Answers that were given but never asked for. */
export const unusedAnswers = (): DialogKind[] =>
  (Object.keys(answers) as DialogKind[]).filter((kind) => answers[kind].length > 0);

function ask<Options>(kind: DialogKind, args: unknown[]): { options: Options; answer: DialogAnswer } {
  const options = args.at(-1) as Options;
  note(`dialog.${kind}`, options as object);
  const answer = answers[kind].shift();
  if (answer === undefined) {
    note("dialog.unexpected", { kind });
    throw new Error(`A ${kind} dialog was opened and no answer was queued: ${JSON.stringify(options)}`);
  }
  return { options, answer };
}

function press({ buttons = ["OK"] }: Electron.MessageBoxOptions, answer: DialogAnswer): number {
  const response = buttons.indexOf(answer ?? "");
  if (response < 0) throw new Error(`The dialog has no button "${answer}"; there are: ${buttons.join(", ")}`);
  return response;
}

export const dialog: Pick<Electron.Dialog, "showErrorBox" | "showMessageBox" | "showSaveDialog"> = {
  async showMessageBox(...args: unknown[]) {
    const { options, answer } = ask<Electron.MessageBoxOptions>("message", args);
    return { response: press(options, answer), checkboxChecked: false };
  },
  async showSaveDialog(...args: unknown[]) {
    const { answer } = ask<Electron.SaveDialogOptions>("save", args);
    return { canceled: answer === null, filePath: answer ?? "" };
  },
  showErrorBox: (title, content) => note("dialog.error", { title, content }),
};

export const shell: Pick<Electron.Shell, "openExternal" | "openPath" | "showItemInFolder"> = {
  openExternal: async (url) => note("shell.openExternal", { url }),
  async openPath(path) {
    note("shell.openPath", { path });
    return "";
  },
  showItemInFolder: (path) => note("shell.showItemInFolder", { path }),
};

let clipboardText = "";
export const clipboard: Pick<Electron.Clipboard, "readText" | "writeText"> = {
  readText: async () => clipboardText,
  async writeText(text) {
    clipboardText = text;
    note("clipboard.writeText", { text });
  },
};

export const notifications: Notification[] = [];

export class Notification extends EventEmitter implements Pick<Electron.Notification, "body" | "show" | "title"> {
  readonly title: string;
  readonly body: string;

  static isSupported(): boolean {
    return true;
  }

  constructor({ title = "", body = "" }: Electron.NotificationConstructorOptions = {}) {
    super();
    this.title = title;
    this.body = body;
  }

  show(): void {
    notifications.push(this);
    this.emit("show");
  }
}

class Session {
  readonly #refusals: string[] = [];

  setPermissionRequestHandler(handler: Parameters<Electron.Session["setPermissionRequestHandler"]>[0]): void {
    if (handler) this.#refusals.push("request");
    note("session.permissions", { handlers: this.#refusals });
  }

  setPermissionCheckHandler(handler: Parameters<Electron.Session["setPermissionCheckHandler"]>[0]): void {
    if (handler) this.#refusals.push("check");
    note("session.permissions", { handlers: this.#refusals });
  }
}

export const session = {
  defaultSession: new Session() satisfies Pick<
    Electron.Session,
    "setPermissionCheckHandler" | "setPermissionRequestHandler"
  >,
};

class NativeTheme extends EventEmitter implements Pick<Electron.NativeTheme, "shouldUseDarkColors"> {
  shouldUseDarkColors = false;
}
export const nativeTheme = new NativeTheme();

export const powerMonitor = new EventEmitter();

const area: Electron.Rectangle = { x: 0, y: 0, width: 1920, height: 1080 };
export const screen = { getAllDisplays: () => [{ id: 1, bounds: area, workArea: area, scaleFactor: 1 }] };
