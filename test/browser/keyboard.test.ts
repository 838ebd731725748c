/** Stories without a mouse: everything can be reached, the focus is seen, and the keys of the list do what it says. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { openApp, runState, startRun } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const MOST_TABS = 40;

/** Press Tab until the element has the focus; it must then show that it has. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < MOST_TABS; presses++) {
    await page.keyboard.press("Tab");
    if (!(await target.evaluate((element) => element === document.activeElement))) continue;
    const look = await target.evaluate((element) => {
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      return { outlineStyle, boxShadow };
    });
    expect(look.outlineStyle !== "none" || look.boxShadow !== "none", "the focus is visible").toBe(true);
    return;
  }
  throw new Error(`${MOST_TABS} presses of Tab did not reach ${target}`);
}

test("from the first start to the report with the keyboard alone", async () => {
  const { page } = await openApp(browser);
  await tabTo(page, page.getByRole("button", { name: "Try it: Sales report" }));
  await page.keyboard.press("Enter");
  await runState(page, "succeeded").waitFor();

  await tabTo(page, page.getByRole("tab", { name: "Timeline" }));
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("tab", { name: /Artifacts/, selected: true }).waitFor();
  await tabTo(page, page.getByRole("button", { name: /sales-report\.html/ }));
  await page.keyboard.press("Enter");
  await page.frameLocator("iframe[title='sales-report.html']").getByRole("heading", { level: 1 }).waitFor();
});

test("the keys: their list, places, rows, the filter, a new run, the palette", async () => {
  const app = await openApp(browser);
  const { page } = app;
  await startRun(app, { name: "hello", steps: [{ id: "say", type: "log", config: { message: "hi" } }] });
  await page.getByRole("row", { name: /succeeded hello/ }).waitFor();

  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });

  await page.keyboard.press("g");
  await page.keyboard.press("w");
  await page.getByRole("table", { name: "Workflows" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await page.getByRole("table", { name: "Runs" }).waitFor();

  await page.keyboard.press("/");
  await page.keyboard.type("nobody");
  await page.getByRole("heading", { name: "No run fits" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.getByRole("row", { name: /succeeded hello/ }).waitFor();

  await page.keyboard.press("j");
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toContain("hello");
  await page.keyboard.press("Enter");
  await runState(page, "succeeded").waitFor();

  await page.keyboard.press("r");
  const again = page.getByRole("dialog", { name: "Run again" });
  await again.getByRole("button", { name: "Run" }).waitFor();
  await page.keyboard.press("Escape");
  await again.waitFor({ state: "detached" });

  await page.keyboard.press("ControlOrMeta+K");
  await page.getByRole("textbox", { name: "Search" }).waitFor();
  await page.keyboard.type("Run hello");
  await page.getByRole("button", { name: /Run hello/ }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const fresh = page.getByRole("dialog", { name: "New run" });
  await fresh.getByText("It takes no inputs.").waitFor();
  await fresh.getByRole("button", { name: "Run" }).focus();
  await page.keyboard.press("Enter");
  await fresh.waitFor({ state: "detached" });
  await runState(page, "succeeded").waitFor();
});
