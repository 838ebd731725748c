/** The sentences that the shell says in dialogs of its own. Each says what happened and what can be done. */
import { app, type BrowserWindow, clipboard, dialog, shell } from "electron";
import { AppError, messageOf } from "../lib/app-error.ts";

/** The app is already in use by a host without a window: the same code as that host gives. */
export const EXIT_LOCKED = 3;
export const EXIT_START_FAILED = 1;

/** Tell why the app cannot start. Resolves with the exit code. */
export async function tellStartFailed(error: unknown, logPath: string): Promise<number> {
  const isLocked = error instanceof AppError && error.code === "host_locked";
  const hint = error instanceof AppError ? error.hint : `Details are in ${logPath}.`;
  const { response } = await dialog.showMessageBox({
    type: "error",
    title: app.getName(),
    message: messageOf(error),
    detail: hint,
    buttons: isLocked ? ["Quit"] : ["Quit", "Reveal Log"],
    defaultId: 0,
    cancelId: 0,
  });
  if (response === 1) shell.showItemInFolder(logPath);
  return isLocked ? EXIT_LOCKED : EXIT_START_FAILED;
}

/** The engine is down for good. Resolves when the person chose to quit. */
export async function tellEngineFailed(message: string, logPath: string): Promise<void> {
  for (;;) {
    const { response } = await dialog.showMessageBox({
      type: "error",
      message: "The engine stopped and could not be started again.",
      detail: `${message}\n\nWhat was recorded is safe, and runs go on from there at the next start.`,
      buttons: ["Quit", "Copy Details", "Reveal Log"],
      defaultId: 0,
      cancelId: 0,
    });
    if (response === 0) return;
    if (response === 1) await clipboard.writeText(message);
    if (response === 2) shell.showItemInFolder(logPath);
  }
}

/** Whether to quit although runs are active. */
export async function askToQuit(window: BrowserWindow | undefined, activeRuns: number): Promise<boolean> {
  const options = {
    type: "question" as const,
    message: activeRuns === 1 ? "One run is still active." : `${activeRuns} runs are still active.`,
    detail: "If you quit, they stop at a safe point now and go on by themselves at the next start.",
    buttons: ["Quit", "Cancel"],
    defaultId: 1,
    cancelId: 1,
  };
  const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
  return response === 0;
}

export interface AboutFacts {
  dataDir: string;
  logPath: string;
  schemaVersion: number;
}

/** Versions and places, with a button that copies them for a report. */
export async function showAbout(window: BrowserWindow, { dataDir, logPath, schemaVersion }: AboutFacts): Promise<void> {
  const facts = [
    `Version ${app.getVersion()}`,
    `Electron ${process.versions.electron}, Chromium ${process.versions.chrome}, Node ${process.versions.node}`,
    `Database schema ${schemaVersion}`,
    `Data folder: ${dataDir}`,
    `Log: ${logPath}`,
  ].join("\n");
  const { response } = await dialog.showMessageBox(window, {
    type: "info",
    message: app.getName(),
    detail: facts,
    buttons: ["OK", "Copy"],
    defaultId: 0,
    cancelId: 0,
  });
  if (response === 1) await clipboard.writeText(`${app.getName()}\n${facts}`);
}
