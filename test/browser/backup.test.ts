/** The story of a backup from the page: one click, a verified line in the list, a file that opens. */
import Database from "better-sqlite3";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Backup } from "../../shared/api/operations.ts";
import { launchChromium } from "../support/chromium.ts";
import { openApp, startRun } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

test("backing up now gives a verified file with the run in it", async () => {
  const app = await openApp(browser, { path: "/operations" });
  const { page } = app;
  await page.getByRole("heading", { name: "No backups yet" }).waitFor();
  const run = await startRun(app, { name: "kept", steps: [{ id: "say", type: "log", config: { message: "kept" } }] });

  await page.getByRole("button", { name: "Back up now" }).click();
  const tray = page.getByRole("region", { name: "Tasks" });
  await tray.getByText(/^Saved and verified: .*1 run/).waitFor();
  await page
    .getByRole("table", { name: "Backups" })
    .getByRole("row", { name: /verified/ })
    .waitFor();
  await tray.getByRole("button", { name: "Put away" }).click();
  await tray.waitFor({ state: "detached" });

  const { backups } = await app.api<{ backups: Backup[] }>("GET", "/ops/backups");
  const copy = new Database(String(backups[0]?.path), { readonly: true, fileMustExist: true });
  onTestFinished(() => void copy.close());
  expect(copy.pragma("integrity_check", { simple: true })).toBe("ok");
  expect(copy.prepare("SELECT run_id FROM workflow_runs").pluck().all()).toEqual([run.run_id]);
});
