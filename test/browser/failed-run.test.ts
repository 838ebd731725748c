/** Stories of failure: what the page says about it, and the ways on that it offers. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { openApp, runState, startRun } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

test("a failed step is told with a way out, and its retry goes on once the cause is gone", async () => {
  const folder = await tempFolder();
  const app = await openApp(browser, { env: { WORKFLOWS_FILE_ALLOWLIST: folder } });
  const { page, host } = app;
  const letter = join(folder, "letter.txt");
  const run = await startRun(app, {
    name: "read-letter",
    steps: [
      { id: "first", type: "log", config: { message: "once" } },
      { id: "read", name: "Read the letter", type: "file_read", config: { path: letter } },
    ],
  });
  await page.goto(`${host.ready.url}/runs/${run.run_id}`);
  await runState(page, "failed").waitFor();
  const box = page.getByRole("region", { name: "What happened" });
  await box.getByText("“Read the letter” failed").waitFor();
  expect(await box.getByText("file_not_found").count()).toBe(1);

  await box.getByRole("button", { name: "Retry failed step" }).click();
  await page.getByText("attempt 2").waitFor();
  await runState(page, "failed").waitFor();

  await writeFile(letter, "Dear all");
  await box.getByRole("button", { name: "Retry failed step" }).click();
  await runState(page, "succeeded").waitFor();
  await box.waitFor({ state: "detached" });
  const steps = page.getByRole("list", { name: "Steps" });
  // What had succeeded was not done again.
  expect(await steps.getByRole("button", { name: /^succeeded first/ }).count()).toBe(1);
  await steps.getByRole("button", { name: /^succeeded Read the letter/ }).click();
  await page.getByRole("complementary", { name: "Step read" }).getByText("Dear all").waitFor();
});

test("a mistake in a template names what is there, and leads to the step and to the editor", async () => {
  const app = await openApp(browser);
  const { page, host } = app;
  const run = await startRun(app, {
    name: "totals",
    steps: [
      { id: "load", type: "set", config: { values: { total: 12 } } },
      { id: "say", type: "template_render", config: { template: "Total {{ load.totals }}" } },
    ],
  });
  await page.goto(`${host.ready.url}/runs/${run.run_id}`);
  const box = page.getByRole("region", { name: "What happened" });
  await box.getByText(/load\.totals is not defined; load has total/).waitFor();
  await box.getByRole("button", { name: "Open step" }).click();
  await page.getByRole("complementary", { name: "Step say" }).waitFor();
  await box.getByRole("link", { name: "Edit workflow" }).click();
  await page.getByRole("textbox", { name: "Definition" }).getByText("load.totals").waitFor();
});
