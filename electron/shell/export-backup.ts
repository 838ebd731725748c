/**
 * File > Export Backup…: ask where, let the engine copy and verify, say how it went in one dialog. The copy itself is
 * the engine's work; nothing here opens a database.
 */
import { dirname, join } from "node:path";
import { app, type BrowserWindow, dialog, type MessageBoxOptions, shell } from "electron";
import { Backup, createBackup } from "../../shared/api/operations.ts";
import { ErrorBody } from "../../shared/error.ts";
import { messageOf } from "../lib/app-error.ts";
import { callHostJson, type HostAddress } from "./host-client.ts";
import type { Memory } from "./remembered.ts";

interface ExportDeps {
  window: BrowserWindow;
  host: HostAddress;
  memory: Memory;
  /** Epoch milliseconds. */
  now: number;
}

type Outcome = { saved: Backup } | { sentence: string; hint?: string };

/** Resolves when the last dialog is closed. Does nothing more when the person cancels. */
export async function exportBackup({ window, host, memory, now }: ExportDeps): Promise<void> {
  const path = await askWhere(window, memory, now);
  if (path === undefined) return;
  memory.remember({ backupFolder: dirname(path) });
  // More than 1: a bar without an end, as the number of pages is not known here.
  window.setProgressBar(2);
  const outcome = await save(host, path).catch((error: unknown) => ({
    sentence: `The backup could not be made: ${messageOf(error)}.`,
    hint: "Try again in a moment. If it goes on, see Help > Reveal Log.",
  }));
  if (!window.isDestroyed()) window.setProgressBar(-1);
  if ("saved" in outcome) await tellSaved(window, outcome.saved);
  else await tell(window, { type: "error", message: outcome.sentence, detail: outcome.hint, buttons: ["OK"] });
}

/** The name that the handbook uses, by the local date: `workflows.backup-20261122.db`. */
export function backupName(now: number): string {
  const date = new Date(now);
  const two = (number: number) => String(number).padStart(2, "0");
  return `workflows.backup-${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}.db`;
}

/** A size as people read it: `12 MB`. Decimal units, as file managers show. */
export function readableSize(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

async function askWhere(window: BrowserWindow, memory: Memory, now: number): Promise<string | undefined> {
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    title: "Export Backup",
    buttonLabel: "Save Backup",
    defaultPath: join(memory.current.backupFolder ?? app.getPath("documents"), backupName(now)),
    filters: [{ name: "Workflows backup", extensions: ["db"] }],
    properties: ["createDirectory", "showOverwriteConfirmation"],
  });
  return canceled || filePath === "" ? undefined : filePath;
}

async function save(host: HostAddress, path: string): Promise<Outcome> {
  const { ok, body } = await callHostJson(host, {
    method: createBackup.method,
    path: `${createBackup.path}?wait=true`,
    json: { path },
  });
  if (!ok) return refused(body);
  const backup = Backup.parse(body);
  if (backup.status === "verified") return { saved: backup };
  if (backup.error) return { sentence: backup.error.message, hint: backup.error.hint };
  return { sentence: "The backup was not finished.", hint: "Nothing was changed; try again." };
}

function refused(body: unknown): Outcome {
  const { detail, hint } = ErrorBody.parse(body);
  return { sentence: typeof detail === "string" ? detail : detail.map((problem) => problem.message).join(" "), hint };
}

async function tellSaved(window: BrowserWindow, backup: Backup): Promise<void> {
  const runs = backup.runs ?? 0;
  const count = `${runs.toLocaleString("en")} ${runs === 1 ? "run" : "runs"}`;
  const { response } = await tell(window, {
    type: "info",
    message: `Saved, ${readableSize(backup.size_bytes ?? 0)}, ${count}`,
    detail: `${backup.path}\n\nThe copy was opened again and checked. Artifact files lie outside the database and are not in it.`,
    buttons: ["OK", "Reveal"],
    defaultId: 0,
    cancelId: 0,
  });
  if (response === 1) shell.showItemInFolder(backup.path);
}

/** The window may have been closed while the copy was made; the person is told all the same. */
function tell(window: BrowserWindow, options: MessageBoxOptions) {
  return window.isDestroyed() ? dialog.showMessageBox(options) : dialog.showMessageBox(window, options);
}
