/** Stories of decisions: a run waits for a person, is answered from the Inbox, and goes on while one looks. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Run, StepRun } from "../../shared/run.ts";
import { launchChromium } from "../support/chromium.ts";
import { type AppInBrowser, openApp, runState, startRun } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const PUBLISH = {
  name: "publish-letter",
  steps: [
    {
      id: "review",
      type: "wait_for_approval",
      on_failure: "file_away",
      config: { instructions: "Is the letter fine?" },
    },
    { id: "send", type: "log", on_success: "_end", config: { message: "sent" } },
    { id: "file_away", type: "log", config: { message: "not sent" } },
  ],
};

async function waitingInInbox(): Promise<AppInBrowser & { run: Run }> {
  const app = await openApp(browser, { path: "/inbox" });
  await app.page.getByRole("heading", { name: "Nothing waits for you." }).waitFor();
  // The inbox is open while the run begins to wait: it has to hear of it by itself.
  const run = await startRun(app, PUBLISH);
  await app.page.getByText("Is the letter fine?").waitFor();
  return { ...app, run };
}

const stepsOf = async (app: AppInBrowser, run: Run): Promise<string[]> =>
  (await app.api<{ steps: StepRun[] }>("GET", `/runs/${run.run_id}/steps`)).steps.map((step) => step.step_id);

test("approving from the Inbox lets the run go on", async () => {
  const app = await waitingInInbox();
  const { page, run } = app;
  await page.getByRole("link", { name: /^Inbox\s*1 waiting$/ }).waitFor();
  await page.getByRole("textbox", { name: "Comment" }).fill("Reads well");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { name: "Nothing waits for you." }).waitFor();
  await page.getByRole("link", { name: "Inbox", exact: true }).waitFor();

  await page.getByRole("link", { name: "Runs" }).click();
  await page.getByRole("row", { name: /succeeded publish-letter/ }).waitFor();
  expect(await stepsOf(app, run)).toEqual(["review", "send"]);
});

test("rejecting on the run's own page takes the other way, with the comment kept", async () => {
  const app = await waitingInInbox();
  const { page, run } = app;
  await page.getByRole("link", { name: "publish-letter" }).click();
  await runState(page, "needs approval").waitFor();
  await page.getByRole("textbox", { name: "Comment" }).fill("The date is wrong");
  await page.getByRole("button", { name: "Reject" }).click();
  await runState(page, "succeeded").waitFor();
  await page.getByRole("button", { name: /^failed review/ }).click();
  await page.getByRole("complementary", { name: "Step review" }).getByText("Rejected: “The date is wrong”").waitFor();
  expect(await stepsOf(app, run)).toEqual(["review", "file_away"]);
});
