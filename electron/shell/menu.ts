/**
 * The application menu as a function of a small state: a template in, nothing done. What an item does is a named command.
 */
import type { MenuItemConstructorOptions as Item } from "electron";
import type { MenuCommand } from "./bridge-channels.ts";

export interface MenuCommands {
  toPage(command: MenuCommand): void;
  exportBackup(): void;
  revealDataFolder(): void;
  revealLog(): void;
  showAbout(): void;
}

export interface MenuState {
  platform: NodeJS.Platform;
  appName: string;
  /** Tools for developers are only in a build that is not packaged. */
  isPackaged: boolean;
}

const LINE: Item = { type: "separator" };

export function buildMenu(commands: MenuCommands, state: MenuState): Item[] {
  const isMac = state.platform === "darwin";
  return [
    ...(isMac ? [macMenu(commands, state)] : []),
    fileMenu(commands, isMac),
    editMenu(),
    viewMenu(commands, state),
    { label: "&Window", role: "window", submenu: [{ role: "minimize" }, { role: "close" }] },
    helpMenu(commands, state, isMac),
  ];
}

function macMenu(commands: MenuCommands, { appName }: MenuState): Item {
  return {
    label: appName,
    submenu: [
      { label: `About ${appName}`, click: () => commands.showAbout() },
      LINE,
      { label: "Settings…", accelerator: "Cmd+,", click: () => commands.toPage("settings") },
      LINE,
      { role: "services" },
      LINE,
      { role: "hide" },
      { role: "hideOthers" },
      { role: "unhide" },
      LINE,
      { role: "quit" },
    ],
  };
}

function fileMenu(commands: MenuCommands, isMac: boolean): Item {
  const own: Item[] = [
    LINE,
    { label: "&Settings…", accelerator: "Ctrl+,", click: () => commands.toPage("settings") },
    LINE,
    { label: "&Quit", role: "quit", accelerator: "Ctrl+Q" },
  ];
  return {
    label: "&File",
    submenu: [
      { label: "&New Run…", accelerator: "CmdOrCtrl+N", click: () => commands.toPage("new-run") },
      { label: "Export &Backup…", accelerator: "CmdOrCtrl+Shift+B", click: () => commands.exportBackup() },
      ...(isMac ? [] : own),
    ],
  };
}

/** Roles, without which copy and paste have no keys on macOS. */
function editMenu(): Item {
  return {
    label: "&Edit",
    submenu: [
      { role: "undo" },
      { role: "redo" },
      LINE,
      { role: "cut" },
      { role: "copy" },
      { role: "paste" },
      { role: "selectAll" },
    ],
  };
}

function viewMenu(commands: MenuCommands, { isPackaged }: MenuState): Item {
  const go = (label: string, accelerator: string, command: MenuCommand): Item => ({
    label,
    accelerator,
    click: () => commands.toPage(command),
  });
  return {
    label: "&View",
    submenu: [
      go("Go to &Runs", "CmdOrCtrl+1", "go-runs"),
      go("Go to &Workflows", "CmdOrCtrl+2", "go-workflows"),
      go("Go to &Inbox", "CmdOrCtrl+3", "go-inbox"),
      go("Go to &Operations", "CmdOrCtrl+4", "go-operations"),
      LINE,
      go("&Find", "CmdOrCtrl+F", "find"),
      LINE,
      { role: "resetZoom" },
      { role: "zoomIn" },
      { role: "zoomOut" },
      { role: "togglefullscreen" },
      ...(isPackaged ? [] : [LINE, { role: "toggleDevTools" } as Item]),
    ],
  };
}

function helpMenu(commands: MenuCommands, { appName }: MenuState, isMac: boolean): Item {
  const about: Item[] = [LINE, { label: `&About ${appName}`, click: () => commands.showAbout() }];
  return {
    label: "&Help",
    role: "help",
    submenu: [
      { label: "&Keyboard Shortcuts", click: () => commands.toPage("shortcuts") },
      LINE,
      { label: "Reveal &Data Folder", click: () => commands.revealDataFolder() },
      { label: "Reveal &Log", click: () => commands.revealLog() },
      ...(isMac ? [] : about),
    ],
  };
}
