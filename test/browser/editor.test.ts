/** Stories of writing a workflow: mistakes are shown where they are, a change becomes a new version. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WorkflowSummary } from "../../shared/api/definitions.ts";
import { launchChromium } from "../support/chromium.ts";
import { openApp, runState } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const TEXT = (type: string): string => `name: greeting
version: 1
steps:
  - id: greet
    type: ${type}
    config:
      template: Hello
`;

/** Paste a whole text in place of what stands there. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((words) => navigator.clipboard.writeText(words), text);
  await page.getByRole("textbox", { name: "Definition" }).click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.press("ControlOrMeta+V");
}

test("a slip is marked at its line with the nearest name, and mended it can be saved and run", async () => {
  const app = await openApp(browser, {
    path: "/workflows/new",
    context: { permissions: ["clipboard-read", "clipboard-write"] },
  });
  const { page } = app;
  await paste(page, TEXT("promt"));
  const problem = page.getByRole("list", { name: "Problems" }).getByRole("button", { name: /line 5/ });
  await problem.getByText(/prompt/).waitFor();
  await page.locator(".cm-lintRange-error").waitFor();
  await page.getByRole("status").getByText("1 problem").waitFor();
  expect(await page.getByRole("button", { name: "Save and run" }).isDisabled()).toBe(true);

  // From the problem to its place: what is typed next stands there.
  await problem.click();
  await page.keyboard.press("End");
  for (const _ of "promt") await page.keyboard.press("Backspace");
  await page.keyboard.insertText("prompt");
  await page.getByText("Ready to save").waitFor();
  await page.getByRole("button", { name: "Save and run" }).click();
  await page.getByRole("dialog", { name: "New run" }).getByRole("button", { name: "Run" }).click();
  await runState(page, "succeeded").waitFor();
  expect(await app.api<WorkflowSummary[]>("GET", "")).toMatchObject([{ name: "greeting", version: 1 }]);
});

test("editing makes the next version, and leaving without saving is asked about", async () => {
  const app = await openApp(browser);
  const { page, host } = app;
  const { id } = await app.api<{ id: number }>("POST", "", {
    name: "greeting",
    steps: [{ id: "greet", type: "prompt", config: { template: "Hello" } }],
  });
  await page.goto(`${host.ready.url}/workflows/${id}/edit`);
  const editor = page.getByRole("textbox", { name: "Definition" });
  await editor.getByText("version: 2").waitFor();
  await page.getByRole("region", { name: "Outline" }).getByRole("button", { name: /greet/ }).click();
  await page.keyboard.press("End");
  await page.keyboard.insertText(" # changed");

  await page.getByRole("link", { name: "Runs" }).click();
  const question = page.getByRole("dialog", { name: "Leave without saving?" });
  await question.getByRole("button", { name: "Keep editing" }).click();
  await question.waitFor({ state: "detached" });

  await page.getByText("Ready to save").waitFor();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("link", { name: "greeting #2" }).waitFor();
  const saved = await app.api<WorkflowSummary[]>("GET", "");
  expect(saved.map(({ version }) => version).sort()).toEqual([1, 2]);
});
