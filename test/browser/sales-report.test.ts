/** The first minute with the app: one click on an example, and its report is on the screen. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { openApp, runState } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

test("from an empty folder to the sales report in one click", async () => {
  const { page, complaints } = await openApp(browser);

  await page.getByRole("heading", { name: "Try one" }).waitFor();
  expect(page.url()).not.toContain("token");

  await page.getByRole("button", { name: "Try it: Sales report" }).click();
  await runState(page, "succeeded").waitFor();
  expect(await page.getByRole("list", { name: "Steps" }).getByRole("button").count()).toBe(4);

  await page.getByRole("tab", { name: /Artifacts/ }).click();
  await page.getByRole("button", { name: /sales-report\.html/ }).click();
  const report = page.frameLocator("iframe[title='sales-report.html']");
  await report.getByRole("heading", { name: "Sales 2025", level: 1 }).waitFor();
  await report.getByRole("table").first().waitFor();
  await report.getByRole("img", { name: /2025-07 48,937/ }).waitFor();

  expect(await page.locator("iframe").getAttribute("sandbox")).toBe("");

  await page.getByRole("button", { name: /sales-report\.md/ }).click();
  const text = page.getByRole("region", { name: "Preview of sales-report.md" });
  await text.getByRole("heading", { name: "Revenue by region" }).waitFor();
  await text.getByRole("cell", { name: "48,937" }).waitFor();
  await text.getByRole("button", { name: "Source" }).click();
  await text.getByText("## Revenue by region").waitFor();
  expect(complaints).toEqual([]);
});
