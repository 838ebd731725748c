/** Stories of starting a run: the form drawn from the schema, what the server refuses, and commands that need a yes. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Run } from "../../shared/run.ts";
import { launchChromium } from "../support/chromium.ts";
import { openApp, runState } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const INVITE = {
  name: "invite",
  input_schema: {
    type: "object",
    required: ["guest"],
    properties: {
      guest: { type: "string", title: "Guest", pattern: "^[A-Z]", description: "Begins with a capital" },
      seats: { type: "integer", title: "Seats", minimum: 1, default: 2 },
      drink: { type: "string", title: "Drink", enum: ["tea", "coffee"], default: "tea" },
    },
  },
  steps: [{ id: "write", type: "set", config: { values: { line: "{{ inputs.guest }}: {{ inputs.seats }}" } } }],
};

test("the form follows the schema, shows a refusal beside its field, and starts the run when all is well", async () => {
  const app = await openApp(browser, { path: "/workflows" });
  const { page } = app;
  await app.api("POST", "", INVITE);
  await page.reload();
  await page.getByRole("button", { name: "Run invite" }).click();
  const dialog = page.getByRole("dialog", { name: "New run" });
  const guest = dialog.getByRole("textbox", { name: "Guest" });
  await guest.waitFor();
  expect(await dialog.getByRole("textbox", { name: "Seats" }).inputValue()).toBe("2");

  await dialog.getByRole("button", { name: "Run" }).click();
  await dialog.getByText("This is needed.").waitFor();

  const refused = page.waitForResponse((response) => response.url().endsWith("/run") && response.status() === 422);
  await guest.fill("ada");
  await dialog.getByRole("button", { name: "Run" }).click();
  await refused;
  await expect.poll(() => guest.getAttribute("aria-invalid")).toBe("true");
  const described = (await guest.getAttribute("aria-describedby"))?.split(/\s+/).filter(Boolean) ?? [];
  const beside = await Promise.all(described.map((id) => page.locator(`[id="${id}"]`).textContent()));
  expect(beside.join(" ")).toContain("must match pattern");

  await guest.fill("Ada");
  await dialog.getByRole("button", { name: "Run" }).click();
  await runState(page, "succeeded").waitFor();
  await page.getByRole("tab", { name: "Inputs & outputs" }).click();
  await page.getByRole("region", { name: "Outputs" }).getByText('"Ada: 2"').waitFor();
});

test("an example with commands shows them and asks once", async () => {
  const app = await openApp(browser, { path: "/workflows?tab=gallery" });
  const { page } = app;
  const tryIt = page.getByRole("button", { name: "Try it: How full the disks are" });
  const question = page.getByRole("dialog", { name: "Allow these commands?" });

  await tryIt.click();
  await question.getByText("df -kP").waitFor();
  await question.getByRole("button", { name: "Cancel" }).click();
  await question.waitFor({ state: "detached" });
  expect(await app.api<{ runs: Run[] }>("GET", "/runs")).toMatchObject({ runs: [] });

  await tryIt.click();
  await question.getByRole("button", { name: "Allow and run" }).click();
  await runState(page, "succeeded").waitFor();

  await page.getByRole("button", { name: "Run again" }).click();
  await page.getByRole("dialog", { name: "Run again" }).getByRole("button", { name: "Run" }).click();
  await page.getByText("just now").first().waitFor();
  await runState(page, "succeeded").waitFor();
  await expect.poll(async () => (await app.api<{ runs: Run[] }>("GET", "/runs")).runs.length).toBe(2);
  expect(await question.count()).toBe(0);
});
