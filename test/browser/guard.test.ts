/** The guard as a browser sees it: what other pages try against the app, and what an artifact tries against the page. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Artifact } from "../../shared/artifact.ts";
import type { Run } from "../../shared/run.ts";
import { launchChromium } from "../support/chromium.ts";
import { localServer } from "../support/local-server.ts";
import { type AppInBrowser, openApp, openPage, runState, startRun } from "./app-in-browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
const PAGE = `<!doctype html><title>A report</title><h1>Safe</h1>
<script>document.querySelector("h1").textContent = "Taken over"; parent.postMessage("out", "*");</script>`;

const writing = (path: string, content: string) => ({
  name: "writer",
  steps: [{ id: "write", type: "file_write", config: { path, content, artifact: true } }],
});

/** A run that left one file, with its page open. */
async function artifactOf(app: AppInBrowser, path: string, content: string): Promise<Artifact> {
  const run = await startRun(app, writing(path, content));
  await app.page.goto(`${app.host.ready.url}/runs/${run.run_id}?tab=artifacts`);
  await runState(app.page, "succeeded").waitFor();
  const [artifact] = await app.api<Artifact[]>("GET", `/runs/${run.run_id}/artifacts`);
  if (!artifact) throw new Error("the run left no artifact");
  return artifact;
}

const ticketFor = async (app: AppInBrowser, { artifact_id }: Artifact): Promise<string> => {
  const path = `/api/v1/workflows/artifacts/${artifact_id}/download?inline=1`;
  const answer = await app.host.fetch("/api/v1/tickets", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path }),
  });
  const { url } = (await answer.json()) as { url: string };
  return new URL(url, app.host.ready.url).href;
};

const imageLoads = (page: Page, address: string): Promise<boolean> =>
  page.evaluate(
    (src) =>
      new Promise<boolean>((resolve) => {
        const image = new Image();
        image.onload = () => resolve(true);
        image.onerror = () => resolve(false);
        image.src = src;
      }),
    address,
  );

/** Another site on this machine, open in another tab. To the browser it is the same site, but not the same origin. */
async function otherPage(): Promise<Page> {
  const site = await localServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<!doctype html><title>Another page</title>");
  });
  onTestFinished(site.close);
  const { page } = await openPage(browser, { expected: /CORS policy|Cross-Origin-Resource-Policy/ });
  await page.goto(site.url);
  return page;
}

test("a page of another origin cannot start a run, with or without the token", async () => {
  const app = await openApp(browser);
  const other = await otherPage();
  const outcomes = await other.evaluate(
    async ({ url, token }) => {
      const body = JSON.stringify({ definition: { name: "evil", steps: [{ id: "a", type: "log" }] } });
      const attempts: RequestInit[] = [
        { headers: { authorization: `Bearer ${token}`, "content-type": "application/json" } },
        { headers: { "content-type": "text/plain" } },
        { mode: "no-cors", headers: { "content-type": "text/plain" } },
      ];
      const one = (init: RequestInit) =>
        fetch(`${url}/api/v1/workflows/run`, { method: "POST", body, ...init }).then(
          (answer) => answer.type,
          () => "refused",
        );
      return Promise.all(attempts.map(one));
    },
    { url: app.host.ready.url, token: app.host.ready.token },
  );
  expect(outcomes).toEqual(["refused", "refused", "refused"]);
  expect(await app.api<{ runs: Run[] }>("GET", "/runs")).toMatchObject({ runs: [] });
});

test("an image of another page cannot fetch an artifact, even by a good ticket", async () => {
  const app = await openApp(browser);
  const artifact = await artifactOf(app, "picture.svg", PICTURE);
  const other = await otherPage();
  expect(await imageLoads(other, await ticketFor(app, artifact))).toBe(false);
  expect(await imageLoads(app.page, await ticketFor(app, artifact))).toBe(true);
});

test("a script in an artifact does not run, neither in the page nor in a tab of its own", async () => {
  const app = await openApp(browser, { expected: /Blocked script execution/ });
  const artifact = await artifactOf(app, "page.html", PAGE);
  await app.page.frameLocator("iframe").getByRole("heading", { name: "Safe" }).waitFor();

  const { page: tab } = await openPage(browser, { expected: /Blocked script execution/ });
  await tab.goto(await ticketFor(app, artifact));
  await tab.getByRole("heading", { name: "Safe" }).waitFor();
});
