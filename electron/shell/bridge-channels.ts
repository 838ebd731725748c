/** Names that the preload and the main process share. No code, so that the preload stays tiny. */

export const CHANNELS = {
  menu: "desktop:menu",
  revealPath: "desktop:reveal-path",
  setBadge: "desktop:set-badge",
} as const;

/** What the menu asks the page to do. */
export type MenuCommand =
  | "new-run"
  | "go-runs"
  | "go-workflows"
  | "go-inbox"
  | "go-operations"
  | "find"
  | "shortcuts"
  | "settings";

/** How the app's version reaches the sandboxed preload: as an argument of its process. */
export const VERSION_ARGUMENT = "--workflows-version=";

/** What the page finds as `window.desktop`, and all of it. */
export interface DesktopBridge {
  /** Hear of chosen menu items; returns what ends it. */
  onMenu(callback: (command: MenuCommand) => void): () => void;
  /** Show a local file or folder in the file manager. Rejects when it does not exist. */
  revealPath(path: string): Promise<void>;
  /** The number on the app's icon; 0 removes it. Does nothing where the system has no such number. */
  setBadge(count: number): Promise<void>;
  versions: { app: string; electron: string; chrome: string };
}
