/**
 * The preload: `window.desktop`, four things, and nothing else of Electron in the page. It is bundled to one CommonJS
 * file, as the sandbox demands, and may require nothing but `electron`.
 */
import { contextBridge, ipcRenderer } from "electron";
import { CHANNELS, type DesktopBridge, type MenuCommand, VERSION_ARGUMENT } from "./shell/bridge-channels.ts";

const version = process.argv.find((word) => word.startsWith(VERSION_ARGUMENT))?.slice(VERSION_ARGUMENT.length);

const desktop: DesktopBridge = {
  onMenu(callback) {
    // The page gets the command only: an event object would give it the ipcRenderer.
    const listener = (_event: unknown, command: MenuCommand) => callback(command);
    ipcRenderer.on(CHANNELS.menu, listener);
    return () => {
      ipcRenderer.off(CHANNELS.menu, listener);
    };
  },
  revealPath: (path) => ipcRenderer.invoke(CHANNELS.revealPath, path),
  setBadge: (count) => ipcRenderer.invoke(CHANNELS.setBadge, count),
  versions: {
    app: version ?? "",
    electron: process.versions.electron ?? "",
    chrome: process.versions.chrome ?? "",
  },
};

contextBridge.exposeInMainWorld("desktop", desktop);
