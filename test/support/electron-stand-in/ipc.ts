/** `ipcMain`, the main side of what a preload sends. */
import { EventEmitter } from "node:events";
import type Electron from "electron";

type Listener = Parameters<Electron.IpcMain["handle"]>[1];

class StandInIpcMain extends EventEmitter implements Pick<Electron.IpcMain, "handle" | "removeHandler"> {
  readonly #handlers = new Map<string, Listener>();

  handle(channel: string, listener: Listener): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.#handlers.set(channel, listener);
  }

  removeHandler(channel: string): void {
    this.#handlers.delete(channel);
  }

  /** Answer one `ipcRenderer.invoke`. */
  async answer(channel: string, event: Electron.IpcMainInvokeEvent, args: unknown[]): Promise<unknown> {
    const listener = this.#handlers.get(channel);
    if (!listener) throw new Error(`No handler registered for '${channel}'`);
    return listener(event, ...args);
  }
}

export const ipcMain = new StandInIpcMain();
