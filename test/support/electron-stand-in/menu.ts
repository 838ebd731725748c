/** `Menu`: templates are checked and kept as they are, for the test to choose from by path or by key. */
import type Electron from "electron";
import { app } from "./app.ts";
import { BrowserWindow } from "./browser-window.ts";
import { note } from "./journal.ts";

type Template = Electron.MenuItemConstructorOptions;

let applicationMenu: Menu | null = null;

export class Menu {
  readonly items: readonly Template[];

  constructor(items: readonly Template[]) {
    this.items = items;
  }

  static buildFromTemplate(template: Template[]): Menu {
    for (const item of template) check(item);
    return new Menu(template);
  }

  static setApplicationMenu(menu: Menu | null): void {
    applicationMenu = menu;
  }

  static getApplicationMenu(): Menu | null {
    return applicationMenu;
  }

  popup(): void {
    note("menu.popup", { items: this.items.map(titleOf) });
  }
}

/** Choose "File > Export Backup…". Mnemonics do not count. Throws when there is no such item or it is disabled. */
export function chooseMenuItem(path: string): void {
  let items = applicationMenu?.items ?? [];
  let chosen: Template | undefined;
  for (const title of path.split(">").map((part) => part.trim())) {
    chosen = items.find((item) => titleOf(item) === title);
    if (!chosen) throw new Error(`No "${title}" in "${path}"; there are: ${items.map(titleOf).join(", ")}`);
    items = itemsOf(chosen);
  }
  if (chosen) choose(chosen);
}

/** Press the keys of an item, e.g. `Ctrl+N`. */
export function pressAccelerator(keys: string): void {
  const command = process.platform === "darwin" ? "Cmd" : "Ctrl";
  const normal = (text: string) => text.replace(/CmdOrCtrl|CommandOrControl/i, command).toLowerCase();
  const all = (items: readonly Template[]): Template[] => items.flatMap((item) => [item, ...all(itemsOf(item))]);
  const item = all(applicationMenu?.items ?? []).find(
    ({ accelerator }) => typeof accelerator === "string" && normal(accelerator) === normal(keys),
  );
  if (!item) throw new Error(`No menu item has the keys ${keys}`);
  choose(item);
}

function choose(item: Template): void {
  if (item.enabled === false || item.visible === false) throw new Error(`"${titleOf(item)}" cannot be chosen`);
  note("menu", { item: titleOf(item), role: item.role });
  const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0];
  if (item.role === "quit") app.quit();
  else if (item.role === "close") window?.close();
  else if (item.role === "minimize") window?.minimize();
  else item.click?.(undefined as never, undefined, undefined as never);
}

function check(item: Template): void {
  if (!item.label && !item.role && item.type !== "separator")
    throw new Error("A menu item needs a label, role or type");
  for (const child of itemsOf(item)) check(child);
}

const itemsOf = ({ submenu }: Template): readonly Template[] => (Array.isArray(submenu) ? submenu : []);
const titleOf = ({ label, role, type }: Template): string => label?.replace(/&(?!&)/g, "") ?? role ?? type ?? "";
