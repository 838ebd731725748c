/** Every page, and every dialog that has content of its own, checked by axe in both themes. */
import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { type AppInBrowser, openApp, runState, startRun } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** The dark theme changes colours and nothing else, so only what is about colours is looked at again. */
const RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"];

/** What axe finds wrong, in words short enough to be read in a test's output. */
async function violations(page: Page, runOnly?: string[]): Promise<string[]> {
  const found = await page.evaluate(async (rules) => {
    const { axe: inPage } = window as unknown as { axe: typeof axe };
    const options = { resultTypes: ["violations" as const], iframes: false, runOnly: rules };
    return inPage.run(document, options) as Promise<AxeResults>;
  }, runOnly);
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 160)} — ${node.failureSummary ?? ""}`),
  );
}

/** Look at what is on the screen in both themes; adds what is wrong, under the names of the places where it was seen. */
async function inspect(page: Page, name: string, found: Record<string, string[]>): Promise<void> {
  await page.evaluate(axe.source);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
    for (const violation of await violations(page, colorScheme === "dark" ? RULES_OF_COLOUR : undefined)) {
      const places = found[violation] ?? [];
      found[violation] = [...places, `${name}, ${colorScheme}`];
    }
  }
}

/** One of each: a good run with artifacts, a failed one, one that asks, and a backup. */
async function furnish(app: AppInBrowser): Promise<{ report: string; failed: string; workflowId: number }> {
  const { workflow_id: workflowId } = await app.api<{ workflow_id: number }>("POST", "/templates/sales-report/add");
  const report = await app.api<{ run_id: string }>("POST", `/${workflowId}/run?mode=sync`, { inputs: {} });
  const failed = await startRun(app, { name: "bad", steps: [{ id: "stop", type: "fail", config: {} }] });
  await startRun(app, {
    name: "asking",
    steps: [
      {
        id: "ask",
        type: "wait_for_human",
        config: {
          instructions: "How many?",
          form_schema: { type: "object", properties: { seats: { type: "integer", title: "Seats" } } },
        },
      },
    ],
  });
  await app.api("POST", "/ops/backups?wait=true", {});
  return { report: report.run_id, failed: failed.run_id, workflowId };
}

test("axe finds nothing on any page, in either theme", { timeout: 90_000 }, async () => {
  const app = await openApp(browser);
  const { page, host } = app;
  const found: Record<string, string[]> = {};
  await page.getByRole("heading", { name: "Try one" }).waitFor();
  await inspect(page, "first start", found);
  const { report, failed, workflowId } = await furnish(app);
  const pages: [name: string, path: string, there: () => Promise<void>][] = [
    ["runs", "/runs", () => page.getByRole("row", { name: /succeeded sales-report/ }).waitFor()],
    ["timeline", `/runs/${report}`, () => runState(page, "succeeded").waitFor()],
    ["events", `/runs/${report}?tab=events`, () => page.getByRole("table", { name: "Events" }).waitFor()],
    ["artifacts", `/runs/${report}?tab=artifacts`, () => page.getByRole("heading", { name: "Sales 2025" }).waitFor()],
    ["data", `/runs/${report}?tab=data`, () => page.getByRole("region", { name: "Outputs" }).waitFor()],
    ["definition", `/runs/${report}?tab=definition`, () => page.getByText("sales-report.html").waitFor()],
    ["failed run", `/runs/${failed}`, () => runState(page, "failed").waitFor()],
    ["workflows", "/workflows", () => page.getByRole("table", { name: "Workflows" }).waitFor()],
    ["gallery", "/workflows?tab=gallery", () => page.getByRole("heading", { name: "Sales report" }).waitFor()],
    ["editor", `/workflows/${workflowId}/edit`, () => page.getByText("Ready to save").waitFor()],
    ["inbox", "/inbox", () => page.getByText("How many?").waitFor()],
    ["operations", "/operations", () => page.getByRole("row", { name: /verified/ }).waitFor()],
    ["settings", "/settings", () => page.getByRole("region", { name: "About" }).waitFor()],
    ["help", "/help", () => page.getByRole("region", { name: "Keys" }).waitFor()],
  ];
  for (const [name, path, there] of pages) {
    await page.goto(`${host.ready.url}${path}`);
    await there();
    await inspect(page, name, found);
  }

  await page.keyboard.press("n");
  await page.getByRole("dialog", { name: "New run" }).getByRole("combobox").waitFor();
  await inspect(page, "new run", found);
  await page.keyboard.press("Escape");
  await page.keyboard.press("ControlOrMeta+K");
  await page.getByRole("button", { name: /Go to Runs/ }).waitFor();
  await inspect(page, "palette", found);
  expect(found).toEqual({});
});
