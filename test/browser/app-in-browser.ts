/**
 * The real app for a story in a browser: the built host on a new folder and a page at the address that it printed.
 * What the page complains about (errors in its code, broken rules of its CSP) fails the story by itself.
 */
import { mkdir } from "node:fs/promises";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import type { Run } from "../../shared/run.ts";
import { type Headless, spawnHeadless } from "../support/headless.ts";
import { tempFolder } from "../support/temp-folder.ts";

const BROWSER_OPTIONS: BrowserContextOptions = {
  viewport: { width: 1280, height: 800 },
  reducedMotion: "reduce",
  // The app's own texts follow the browser's language only in dates.
  locale: "en-GB",
};

/** How long a page may take on a busy machine until something is to be seen. */
const PATIENCE_MS = 20_000;

/** A refusal by the server is part of some stories; the browser notes each on its console. */
const NETWORK_NOTE = /^Failed to load resource: /;

export interface AppInBrowser {
  host: Headless;
  page: Page;
  /** Everything that the page complained about so far, refusals by the server included. */
  complaints: string[];
  /** Call the API as the token's holder, and get the answer's body. Throws when it is not a success. */
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
}

interface OpenOptions {
  dataDir?: string;
  env?: Record<string, string>;
  /** More of the host's command line. */
  args?: string[];
  /** Where in the app the page opens. */
  path?: string;
  /** A complaint of the browser that belongs to the story. */
  expected?: RegExp;
  context?: BrowserContextOptions;
}

/** Start the app and open its page. Both end with the test. */
export async function openApp(browser: Browser, options: OpenOptions = {}): Promise<AppInBrowser> {
  const host = await spawnHeadless({
    dataDir: options.dataDir ?? (await newDataFolder()),
    env: options.env,
    args: options.args,
  });
  const { page, complaints } = await openPage(browser, options);
  await page.goto(`${host.ready.url}${options.path ?? "/"}#token=${host.ready.token}`);
  return { host, page, complaints, api: (method, path, body) => callApi(host, method, path, body) };
}

/** An empty page that is watched for complaints. */
export async function openPage(browser: Browser, options: Pick<OpenOptions, "context" | "expected"> = {}) {
  const context = await browser.newContext({ ...BROWSER_OPTIONS, ...options.context });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  onTestFinished(async () => {
    await context.close();
    expect(complaints.filter((text) => !NETWORK_NOTE.test(text) && !options.expected?.test(text))).toEqual([]);
  });
  return { page, complaints };
}

export async function newDataFolder(): Promise<string> {
  const folder = await tempFolder();
  await mkdir(folder, { recursive: true });
  return folder;
}

export async function callApi<T>(host: Headless, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await host.fetch(`/api/v1/workflows${path}`, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path} gave ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Save a definition and start it; resolves as soon as the run exists. */
export async function startRun(app: AppInBrowser, definition: Record<string, unknown>): Promise<Run> {
  const { id } = await app.api<{ id: number }>("POST", "", definition);
  return app.api<Run>("POST", `/${id}/run`, { inputs: {} });
}

/** The state in the head of a run's page, once it reads so. */
export const runState = (page: Page, word: string): Locator =>
  page.getByRole("status", { name: "Run state" }).filter({ hasText: word });
