/** Stories of the wire: a tab without the key, and an engine that dies and comes back. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { spawnHeadless } from "../support/headless.ts";
import { callApi, newDataFolder, openApp, openPage, runState, startRun } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

test("a tab with an old key says how to get back in, and shows nothing else", async () => {
  const { host } = await openApp(browser);
  const { page } = await openPage(browser);
  await page.goto(`${host.ready.url}/runs#token=of-an-earlier-start`);
  await page.getByRole("heading", { name: "This tab is no longer signed in" }).waitFor();
  expect(await page.getByRole("navigation").count()).toBe(0);
});

test("the page survives the engine's sudden death and goes on by itself", async () => {
  const dataDir = await newDataFolder();
  const env = { WORKFLOWS_API_TOKEN: "the-same-key-for-both-lives" };
  const app = await openApp(browser, { dataDir, env });
  const { page, host } = app;
  const run = await startRun(app, {
    name: "patient",
    steps: [
      { id: "ask", type: "wait_for_approval", config: { instructions: "Go on?" } },
      { id: "say", type: "log", config: { message: "went on" } },
    ],
  });
  await page.goto(`${host.ready.url}/runs/${run.run_id}`);
  await runState(page, "needs approval").waitFor();

  host.kill("SIGKILL");
  await host.exited;
  await page.getByText("No connection to the engine.").waitFor();
  // What was read stays on the screen.
  await runState(page, "needs approval").waitFor();

  const second = await spawnHeadless({ dataDir, env, args: ["--port", new URL(host.ready.url).port] });
  expect(second.ready.url).toBe(host.ready.url);
  await page.getByText("No connection to the engine.").waitFor({ state: "detached" });

  // Decided elsewhere: the page must hear of it over its new connection.
  await callApi(second, "POST", `/runs/${run.run_id}/steps/ask/approve`, {});
  await runState(page, "succeeded").waitFor();
  await page.getByRole("button", { name: /^succeeded say/ }).waitFor();
});
