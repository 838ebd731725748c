/** What the desktop shell offers to the page, by shape only. In a browser it is absent. No calls to it from elsewhere than through here. */

/** Words of the shell's menu that the page obeys. */
export type MenuCommand =
  | "new-run"
  | "go-runs"
  | "go-workflows"
  | "go-inbox"
  | "go-operations"
  | "find"
  | "shortcuts"
  | "settings";

export interface DesktopBridge {
  /** Calls back with the menu command that was chosen; the returned function ends it. */
  onMenu(callback: (command: string) => void): () => void;
  revealPath(path: string): Promise<void>;
  setBadge(count: number): Promise<void>;
  versions: { app: string; electron: string };
}

declare global {
  interface Window {
    desktop?: DesktopBridge;
  }
}

export const desktop = (): DesktopBridge | undefined => window.desktop;

/** True inside the desktop window, where the shell adds the token to every request. */
export const isDesktop = (): boolean => window.desktop !== undefined || location.protocol === "app:";
