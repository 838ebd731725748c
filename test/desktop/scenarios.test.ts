/**
 * What a person does with the desktop app, from the window to the file on the disk. One list of scenarios, run on the
 * stand-in everywhere and in real Electron where it is present.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DesktopBridge } from "../../electron/shell/bridge-channels.ts";
import { spawnHeadless } from "../support/headless.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { callApi, type DesktopDriver, type LaunchDesktop, until } from "./driver.ts";
import { findElectron, launchRealElectron } from "./real-electron.ts";
import { launchStandIn } from "./stand-in.ts";

const TIMEOUT_MS = 60_000;

type WithBridge = Window & { desktop?: DesktopBridge };

interface Seen {
  run_id: string;
  status: string;
}

describe("in the stand-in", { timeout: TIMEOUT_MS }, () => scenarios((dataDir) => launchStandIn(dataDir)));

const electron = findElectron();
if ("path" in electron) {
  describe("in real Electron", { timeout: TIMEOUT_MS }, () => scenarios(launchRealElectron));
} else {
  // Its own name in the report, so that nobody takes the stand-in for the whole truth.
  describe("in real Electron", () => {
    test.skip(`real Electron: not run, ${electron.why}`, () => {});
  });
}

function scenarios(launch: LaunchDesktop): void {
  test("the page gets the bridge and nothing else, and no script but the app's own", async () => {
    const { desktop } = await started(launch);
    const page = await desktop.page();

    const found = await page.evaluate(() => ({
      bridge: Object.keys((window as WithBridge).desktop ?? {}).sort(),
      leaked: ["require", "process", "module", "electron", "ipcRenderer", "Buffer"].filter((name) => name in window),
      version: (window as WithBridge).desktop?.versions.app,
    }));
    expect(found).toEqual({
      bridge: ["onMenu", "revealPath", "setBadge", "versions"],
      leaked: [],
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });

    const inlineRan = await page.evaluate(async () => {
      const blocked = new Promise((resolve) => document.addEventListener("securitypolicyviolation", resolve));
      const script = document.createElement("script");
      script.textContent = "window.inlineRan = true";
      document.body.append(script);
      await blocked;
      return "inlineRan" in window;
    });
    expect(inlineRan).toBe(false);
  });

  test("an example is started from the window and succeeds", async () => {
    const { dataDir, desktop } = await started(launch);
    const runId = await trySalesReport(desktop);

    const run = await callApi<Seen>(dataDir, `/api/v1/workflows/runs/${runId}`);
    expect(run.status).toBe("succeeded");
  });

  test("Export Backup… makes a file that opens, is whole, and holds the run", async () => {
    const { dataDir, desktop } = await started(launch);
    const runId = await trySalesReport(desktop);
    const path = join(dataDir, "exported.db");

    await desktop.answerDialog("save", path);
    await desktop.answerDialog("message", "OK");
    await desktop.menu("File > Export Backup…");
    const [dialog] = await until("the backup is told of", async () => {
      const dialogs = await desktop.dialogs("message");
      return dialogs.length > 0 && dialogs;
    });

    expect(dialog?.message).toMatch(/^Saved, [\d.]+ [kM]B, 1 run$/);
    expect(dialog?.detail).toContain(path);
    expect(dialog?.detail).toContain("Artifact files");
    const copy = new Database(path, { readonly: true, fileMustExist: true });
    expect(copy.pragma("integrity_check", { simple: true })).toBe("ok");
    expect(copy.prepare("SELECT run_id, status FROM workflow_runs").all()).toEqual([
      { run_id: runId, status: "succeeded" },
    ]);
    copy.close();
  });

  test("Export Backup… that is cancelled does nothing", async () => {
    const { dataDir, desktop } = await started(launch);
    await desktop.page();

    await desktop.answerDialog("save", null);
    await desktop.press("Ctrl+Shift+B");
    await until("it was asked where", async () => (await desktop.dialogs("save")).length === 1);
    // Nothing is said after a cancel; that the menu works again shows that it was the end of it.
    await desktop.answerDialog("save", join(dataDir, "second.db"));
    await desktop.answerDialog("message", "OK");
    await desktop.press("Ctrl+Shift+B");
    await until("the second backup is told of", async () => (await desktop.dialogs("message")).length === 1);

    expect(existsSync(join(dataDir, "second.db"))).toBe(true);
    expect(await desktop.dialogs("save")).toHaveLength(2);
  });

  test("a link to the web opens in the browser, never in the window", async () => {
    const { desktop } = await started(launch);
    const page = await desktop.page();
    const before = await desktop.address();

    await page.evaluate(() => {
      for (const target of ["_self", "_blank"]) {
        const link = document.createElement("a");
        Object.assign(link, { href: `https://example.com/${target}`, target, textContent: target });
        document.body.append(link);
        link.click();
      }
      // Not a page: it must not even reach the system.
      window.open("file:///etc/passwd");
    });
    await until("both links are handed over", async () => (await desktop.openedOutside()).length === 2);

    expect((await desktop.openedOutside()).sort()).toEqual(["https://example.com/_blank", "https://example.com/_self"]);
    expect(await desktop.address()).toBe(before);
  });

  test("quitting while a run is active asks, drains, and the run ends at the next start", async () => {
    const { dataDir, desktop } = await started(launch);
    await desktop.page();
    const { run_id: runId } = await callApi<Seen>(dataDir, "/api/v1/workflows/run", {
      definition: {
        name: "slow",
        steps: [
          { id: "rest", type: "delay", config: { milliseconds: 2000 } },
          { id: "note", type: "log", config: { message: "rested" } },
        ],
      },
    });
    const statusOf = async () => (await callApi<Seen>(dataDir, `/api/v1/workflows/runs/${runId}`)).status;
    await until("the run has begun", async () => (await statusOf()) !== "queued");

    // A run that waits holds no slot, so the question may or may not be asked; both ends are the same.
    await desktop.answerDialog("message", "Quit");
    await desktop.quit();
    expect(await desktop.exited()).toBe(0);
    expect(existsSync(join(dataDir, "server.json"))).toBe(false);

    await desktop.relaunch();
    await desktop.page();
    await until("the run has ended", async () => (await statusOf()) === "succeeded");
  });

  test("cancelling the question keeps the app and its window", async () => {
    const { dataDir, desktop } = await started(launch);
    await desktop.page();
    const { run_id: runId } = await startSleeper(dataDir);

    await desktop.answerDialog("message", "Cancel");
    await desktop.quit();
    await until("the question was asked", async () => (await desktop.dialogs("message")).length === 1);

    expect((await desktop.dialogs("message"))[0]?.message).toBe("One run is still active.");
    const run = await callApi<Seen>(dataDir, `/api/v1/workflows/runs/${runId}`);
    expect(run.status).toBe("running");
    expect(await desktop.address()).toMatch(/^app:\/\/workflows\//);
  });

  test("a signal drains without a question", async () => {
    const { desktop } = await started(launch);
    await desktop.page();
    desktop.signal("SIGTERM");
    expect(await desktop.exited()).toBe(0);
  });

  test("a second launch ends at once and brings the first window to the front", async () => {
    const { desktop } = await started(launch);
    await desktop.page();
    await desktop.lookAway();

    expect(await desktop.launchAgain()).toBe(0);
    await until("the window has the focus", () => desktop.isFocused());
  });

  test("a data folder that a headless host holds is said so, and the app ends with 3", async () => {
    const dataDir = await tempFolder();
    const headless = await spawnHeadless({ dataDir });
    const desktop = await launch(dataDir);
    onTestFinished(() => desktop.dispose());

    await desktop.answerDialog("message", "Quit");
    expect(await desktop.exited()).toBe(3);

    // The host that was there first does not notice.
    expect((await headless.fetch("/readyz")).status).toBe(200);
  });

  test("a run that fails unseen is notified, and a click opens it", async () => {
    const { dataDir, desktop } = await started(launch);
    const page = await desktop.page();
    await desktop.lookAway();

    const { run_id: runId } = await callApi<Seen>(dataDir, "/api/v1/workflows/run", {
      definition: { name: "broken", steps: [{ id: "fail", type: "fail", config: { message: "No such luck." } }] },
    });
    await until("it is notified", async () => (await desktop.notifications()).length === 1);
    expect((await desktop.notifications())[0]).toMatchObject({ title: "Failed: broken" });

    await desktop.clickNotification(0);
    await until("the window shows the run", async () => (await desktop.address()).endsWith(`/runs/${runId}`));
    await page
      .getByText(/failed/i)
      .first()
      .waitFor();
    expect(await desktop.isFocused()).toBe(true);
  });
}

async function started(launch: LaunchDesktop): Promise<{ dataDir: string; desktop: DesktopDriver }> {
  const dataDir = await tempFolder();
  const desktop = await launch(dataDir);
  onTestFinished(() => desktop.dispose());
  return { dataDir, desktop };
}

/** Go to the examples from the first start, click one, and wait for its end on the run's page; its id. */
async function trySalesReport(desktop: DesktopDriver): Promise<string> {
  const page = await desktop.page();
  await page.getByRole("link", { name: "All examples" }).click();
  await page.getByRole("button", { name: /^Try it: Sales report/i }).click();
  await until("the run's page is open", async () => /\/runs\/[^/]+$/.test(await desktop.address()));
  // The run's own state: a step that succeeded says the same word earlier.
  await page.getByRole("status", { name: "Run state" }).getByText("succeeded").waitFor();
  return (await desktop.address()).split("/").at(-1) ?? "";
}

/** A run that is certainly active: its step holds a slot. */
const startSleeper = (dataDir: string): Promise<Seen> =>
  callApi<Seen>(dataDir, "/api/v1/workflows/run", {
    definition: { name: "sleeper", steps: [{ id: "sleep", type: "shell", config: { command: "sleep 60" } }] },
  });
