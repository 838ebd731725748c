/** What the menu's items do, by name. The menu itself is a template and knows none of this. */
import { existsSync } from "node:fs";
import { type BrowserWindow, shell } from "electron";
import type { HostReady } from "../host/host.ts";
import { messageOf } from "../lib/app-error.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import { sendMenuCommand } from "./bridge.ts";
import { showAbout } from "./dialogs.ts";
import { exportBackup } from "./export-backup.ts";
import type { MenuCommands } from "./menu.ts";
import type { Memory } from "./remembered.ts";

export interface CommandDeps {
  host: HostReady;
  memory: Memory;
  log: Logger;
  /** The engine's log, and the shell's own, which is there from the first moment. */
  logs: { engine: string; shell: string };
  /** The window, opened if there is none. */
  window(): BrowserWindow;
  clock?: Clock;
}

export function menuCommands({ host, memory, log, logs, window, clock = systemClock }: CommandDeps): MenuCommands {
  const report = (what: string) => (error: unknown) => log.error({ error: messageOf(error) }, what);
  let isExporting = false;
  return {
    toPage: (command) => sendMenuCommand(window().webContents, command),
    exportBackup() {
      // One at a time: a second dialog over the first would only confuse.
      if (isExporting) return;
      isExporting = true;
      exportBackup({ window: window(), host, memory, now: clock.now() })
        .catch(report("Export Backup failed"))
        .finally(() => {
          isExporting = false;
        });
    },
    revealDataFolder: () => shell.showItemInFolder(`${host.data_dir}/Databases`),
    revealLog: () => shell.showItemInFolder(existsSync(logs.engine) ? logs.engine : logs.shell),
    showAbout() {
      const facts = { dataDir: host.data_dir, logPath: logs.engine, schemaVersion: host.schema_version };
      showAbout(window(), facts).catch(report("About could not be shown"));
    },
  };
}
