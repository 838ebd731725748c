/** A run with 20,000 events: it opens, it scrolls, and its last event can be reached. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../electron/store/store.ts";
import { addRun, aRecord, logEvent, NOW, storeOptions } from "../store/a-store.ts";
import { launchChromium } from "../support/chromium.ts";
import { newDataFolder, openApp } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const LOGGED = 20_000;
/** All that may be in the page at once, however long the run is. */
const MOST_ROWS = 100;

/** A folder as an earlier host left it, with one run that talked a lot. */
async function folderWithLongRun(): Promise<string> {
  const dataDir = await newDataFolder();
  await mkdir(join(dataDir, "Databases"));
  const store = openStore(storeOptions(join(dataDir, "Databases", "workflows.db")));
  await addRun(store, "long", { workflowName: "talkative" });
  const logged = Array.from({ length: LOGGED }, (_, index) => logEvent(`message ${index + 1}`));
  await store.record(
    aRecord(
      "long",
      [
        { is: "run_started", at: NOW, incarnation: 1, deadlineAt: null },
        ...logged.map((event) => ({ is: "happened", event }) as const),
        {
          is: "run_ended",
          at: NOW + 1000,
          startedAt: NOW,
          status: "succeeded",
          reason: null,
          outputs: {},
          failure: null,
          failedStepId: null,
        },
      ],
      { claim: true },
    ),
  );
  await store.close();
  return dataDir;
}

test("a run of 20,000 events opens and scrolls to its last one", async () => {
  const dataDir = await folderWithLongRun();
  const { page } = await openApp(browser, { dataDir, path: "/runs/long?tab=events" });
  const events = page.getByRole("table", { name: "Events" });
  await page.getByRole("status").getByText("20,002 events").waitFor();
  await events.getByText("message 1", { exact: true }).waitFor();
  expect(await events.getByRole("row").count()).toBeLessThan(MOST_ROWS);

  await page.getByRole("button", { name: "To the end" }).click();
  await events.getByText(`message ${LOGGED}`, { exact: true }).waitFor();
  await events.getByRole("button", { name: "run_completed" }).click();
  await page.getByRole("complementary", { name: "Event 20002" }).waitFor();
  expect(await events.getByRole("row").count()).toBeLessThan(MOST_ROWS);

  await events.getByText(`message ${LOGGED}`, { exact: true }).hover();
  await page.mouse.wheel(0, -300_000);
  await events.getByText(`message ${LOGGED}`, { exact: true }).waitFor({ state: "detached" });
});
