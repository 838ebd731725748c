/**
 * `npm run screenshots`: the pictures of README, made from the real app. Starts the built headless host on a new folder,
 * lets it run the bundled templates, and photographs the page in Chromium at two sizes and in both themes.
 * With a folder as its argument, all pictures go there (or those of the pages that are named after it); without,
 * README's go to docs/screenshots.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { HostReady } from "../electron/host/server-file.ts";
import { launchChromium } from "../test/support/chromium.ts";

const ROOT = join(import.meta.dirname, "..");
const SIZES = [
  { width: 1280, height: 800 },
  { width: 1600, height: 1000 },
];
type Theme = "light" | "dark";

/** For pictures to load and marks to come to rest. The live stream never ends, so there is no quiet network to wait for. */
const SETTLE_MS = 800;

/** The pictures that README shows; they are taken at the first size. */
const FOR_README: readonly [page: string, theme: Theme][] = [
  ["runs", "light"],
  ["run", "dark"],
  ["artifact", "light"],
  ["editor", "light"],
];

const [everywhere, ...onlyPages] = process.argv.slice(2);
const out = everywhere ?? join(ROOT, "docs/screenshots");

interface Host {
  ready: HostReady;
  process: ChildProcess;
}

async function startHost(dataDir: string): Promise<Host> {
  const child = spawn(
    process.execPath,
    [join(ROOT, "dist/electron/headless.js"), "--data-dir", dataDir, "--ready-json"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").once("data", resolve);
    child.once("exit", (code) => reject(new Error(`the host ended with ${code}`)));
  });
  return { ready: JSON.parse(line) as HostReady, process: child };
}

async function call<T>({ ready }: Host, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${ready.url}/api/v1/workflows${path}`, {
    method,
    headers: { authorization: `Bearer ${ready.token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path} gave ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** A history as a first afternoon with the app leaves it: good runs, one that failed, one that waits, one that runs. */
async function makeHistory(host: Host): Promise<{ report: string; failed: string; workflowId: number }> {
  const templates = await call<{ name: string }[]>(host, "GET", "/templates");
  let report = "";
  let workflowId = 0;
  for (const { name } of templates) {
    const added = await call<{ workflow_id: number; consent_required: string[] }>(
      host,
      "POST",
      `/templates/${name}/add`,
    );
    if (added.consent_required.length > 0) await call(host, "POST", `/${added.workflow_id}/consent`);
    for (let i = 0; i < 2; i++) {
      const run = await call<{ run_id: string }>(host, "POST", `/${added.workflow_id}/run?mode=sync`, { inputs: {} });
      if (name === "sales-report") [report, workflowId] = [run.run_id, added.workflow_id];
    }
  }
  const failed = await call<{ run_id: string }>(host, "POST", "/run?mode=sync", {
    definition: {
      name: "invoice-check",
      steps: [
        { id: "load", type: "set", config: { values: { total: 1280, currency: "EUR" } } },
        { id: "render", type: "template_render", config: { template: "Total {{ load.totals }} {{ load.currency }}" } },
      ],
    },
  });
  await call(host, "POST", "/run", {
    definition: {
      name: "nightly-sync",
      steps: [{ id: "wait_for_night", type: "delay", config: { milliseconds: 3_600_000 } }],
    },
  });
  return { report, failed: failed.run_id, workflowId };
}

async function openPage(
  browser: Browser,
  host: Host,
  size: { width: number; height: number },
  theme: Theme,
): Promise<Page> {
  const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(`${host.ready.url}/#token=${host.ready.token}`);
  await page.getByRole("navigation").first().waitFor();
  return page;
}

async function main(): Promise<void> {
  const built = spawnSync(process.execPath, [join(ROOT, "build/build.mjs"), "--if-stale"], { stdio: "inherit" });
  if (built.status !== 0) process.exit(built.status ?? 1);
  const dataDir = await mkdtemp(join(tmpdir(), "workflows-pictures-"));
  const host = await startHost(dataDir);
  const browser = await launchChromium();
  try {
    await mkdir(out, { recursive: true });
    await photograph(browser, host, "first-start", [["/runs", async () => {}]]);
    const { report, failed, workflowId } = await makeHistory(host);
    const pages: Record<string, Shot> = {
      runs: ["/runs", async () => {}],
      run: [`/runs/${report}`, async () => {}],
      artifact: [`/runs/${report}`, showReport],
      markdown: [`/runs/${report}?tab=artifacts`, async (page) => page.locator(".markdown").waitFor()],
      failed: [`/runs/${failed}`, async () => {}],
      workflows: ["/workflows", async () => {}],
      gallery: ["/workflows?tab=gallery", async () => {}],
      editor: [`/workflows/${workflowId}/edit`, async (page) => page.locator(".cm-content").waitFor()],
      inbox: ["/inbox", async () => {}],
      operations: ["/operations", async () => {}],
      settings: ["/settings", async () => {}],
      help: ["/help", async () => {}],
    };
    for (const [name, shot] of Object.entries(pages)) await photograph(browser, host, name, [shot]);
  } finally {
    await browser.close();
    host.process.kill("SIGTERM");
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Shot = [path: string, prepare: (page: Page) => Promise<unknown>];

async function photograph(browser: Browser, host: Host, name: string, [[path, prepare]]: [Shot]): Promise<void> {
  if (onlyPages.length > 0 && !onlyPages.includes(name)) return;
  for (const theme of ["light", "dark"] as const) {
    const forReadme = FOR_README.some(([page, chosen]) => page === name && chosen === theme);
    if (!everywhere && !forReadme) continue;
    for (const size of everywhere ? SIZES : SIZES.slice(0, 1)) {
      const page = await openPage(browser, host, size, theme);
      await page.goto(`${host.ready.url}${path}`);
      await prepare(page);
      await page.waitForTimeout(SETTLE_MS);
      const file = everywhere ? `${name}-${theme}-${size.width}.png` : `${name}.png`;
      await page.screenshot({ path: join(out, file) });
      console.log(file);
      await page.context().close();
    }
  }
}

async function showReport(page: Page): Promise<void> {
  await page.getByRole("tab", { name: /Artifacts/ }).click();
  await page
    .getByText(/\.html$/)
    .first()
    .click();
  await page.frameLocator("iframe").locator("h1").first().waitFor();
}

await main();
