/** Stories of the run list while things happen: it is live, and it never moves under the pointer. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { openApp, startRun } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const named = (name: string) => ({ name, steps: [{ id: "say", type: "log", config: { message: name } }] });

test("new runs wait behind a pill while the pointer is on the list", async () => {
  const app = await openApp(browser, { path: "/runs" });
  const { page } = app;
  await startRun(app, named("first"));
  const row = page.getByRole("row", { name: /succeeded first/ });
  await row.hover();
  const before = await row.boundingBox();

  for (const name of ["second", "third", "fourth"]) await startRun(app, named(name));
  const pill = page.getByRole("button", { name: "3 new runs" });
  await pill.waitFor();
  expect(await row.boundingBox()).toEqual(before);

  await pill.click();
  await page.getByRole("row", { name: /succeeded fourth/ }).waitFor();
  await pill.waitFor({ state: "detached" });
  expect(await page.getByRole("table", { name: "Runs" }).getByRole("link").allTextContents()).toEqual([
    "fourth #1",
    "third #1",
    "second #1",
    "first #1",
  ]);
});

test("the tabs count and narrow, and the address keeps the filter", async () => {
  const app = await openApp(browser, { path: "/runs" });
  const { page } = app;
  await startRun(app, named("good"));
  await startRun(app, {
    name: "bad",
    steps: [{ id: "stop", type: "fail", config: { message: "Nothing to report." } }],
  });
  await startRun(app, {
    name: "asking",
    steps: [{ id: "ask", type: "wait_for_approval", config: { instructions: "Go on?" } }],
  });
  // A state is told in words, not in codes.
  await page.getByRole("row", { name: /needs approval asking .*waits for your approval/ }).waitFor();

  await page.getByRole("tab", { name: "Failed 1" }).click();
  await page.getByRole("row", { name: /failed bad .*Nothing to report\./ }).waitFor();
  await expect.poll(() => page.getByRole("table", { name: "Runs" }).getByRole("link").count()).toBe(1);
  await page.reload();
  await page.getByRole("tab", { name: "Failed 1", selected: true }).waitFor();

  await page.getByRole("tab", { name: "All 3" }).click();
  await page.getByRole("textbox", { name: "Filter runs" }).fill("status:needs");
  await page.getByText("Not understood: status:needs").waitFor();
});
