/** The desktop app as built, in a child process of plain Node, with the stand-in for Electron. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import type { Answer, Ask, Requests } from "../support/electron-stand-in/control.ts";
import { type DesktopDriver, type SeenDialog, until } from "./driver.ts";

const root = join(import.meta.dirname, "../..");
const register = join(root, "test/support/electron-stand-in/register.ts");

interface Running {
  child: ChildProcess;
  ended: Promise<number | null>;
  stderr(): string;
  ask<Name extends keyof Requests>(
    name: Name,
    ...args: Parameters<Requests[Name]>
  ): Promise<ReturnType<Requests[Name]>>;
}

/** @param bundle the built main process; another one to try the shell against another host. */
export async function launchStandIn(
  dataDir: string,
  bundle: string = join(root, "dist/electron/desktop.js"),
): Promise<DesktopDriver> {
  let running = start(bundle, dataDir);
  let browser: Browser | undefined;
  const ask: Running["ask"] = (...args) => running.ask(...args);
  const journalOf = async (what: string) => (await ask("journal")).filter((entry) => entry.what === what);

  async function connect(): Promise<Page> {
    const endpoint = await until("the window is shown", async () => {
      if (running.child.exitCode !== null) throw new Error(`The app ended at its start:\n${running.stderr()}`);
      return ask("endpoint");
    });
    browser ??= await chromium.connectOverCDP(endpoint);
    const pages = browser.contexts().flatMap((context) => context.pages());
    const page = pages.find((each) => each.url().startsWith("http://workflows.app.localhost"));
    if (!page) throw new Error(`No window shows the app; there are: ${pages.map((each) => each.url()).join(", ")}`);
    return page;
  }

  async function end(): Promise<void> {
    await browser?.close();
    browser = undefined;
    running.child.kill("SIGKILL");
    await running.ended;
  }

  return {
    page: connect,
    address: () => ask("address"),
    menu: (path) => ask("menu", path),
    press: (keys) => ask("press", keys),
    answerDialog: (kind, answer) => ask("answer", kind, answer),
    async dialogs(kind) {
      const entries = await journalOf(`dialog.${kind}`);
      return entries.map(({ details }) => ({ message: "", detail: "", ...(details as Partial<SeenDialog>) }));
    },
    notifications: () => ask("notifications"),
    clickNotification: (index) => ask("clickNotification", index),
    openedOutside: async () => (await journalOf("shell.openExternal")).map(({ details }) => String(details.url)),
    lookAway: () => ask("blur"),
    isFocused: () => ask("isFocused"),
    quit: () => ask("quit"),
    signal: (name) => void running.child.kill(name),
    exited: () => running.ended,
    launchAgain: () => start(bundle, dataDir).ended,
    async relaunch() {
      await running.ended;
      await end();
      running = start(bundle, dataDir);
    },
    async dispose() {
      const isUp = running.child.exitCode === null && running.child.connected;
      const unexpected = isUp ? await journalOf("dialog.unexpected") : [];
      const unused = isUp ? await ask("unusedAnswers") : [];
      await end();
      if (unexpected.length > 0) throw new Error(`The app opened a dialog that nobody expected:\n${running.stderr()}`);
      if (unused.length > 0) throw new Error(`These dialogs were expected and never opened: ${unused.join(", ")}`);
    },
  };
}

function start(bundle: string, dataDir: string): Running {
  const child = spawn(process.execPath, ["--import", register, bundle, "--data-dir", dataDir], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  return { child, ended, stderr: () => stderr, ask: asker(child, ended) };
}

function asker(child: ChildProcess, ended: Promise<unknown>): Running["ask"] {
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let lastId = 0;
  child.on("message", ({ id, value, error }: Answer) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error === undefined) resolve?.(value as never);
    else reject?.(new Error(error));
  });
  void ended.then(() => {
    for (const { reject } of waiting.values()) reject(new Error("The app has ended"));
  });
  return (name, ...args) =>
    new Promise((resolve, reject) => {
      waiting.set(++lastId, { resolve, reject });
      child.send({ id: lastId, name, args } satisfies Ask, (error) => {
        if (error) reject(error);
      });
    });
}
