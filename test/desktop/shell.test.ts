/** The shell's parts that need no Electron: what may leave, what is passed on, how quitting goes, what the menu holds. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { MenuItemConstructorOptions } from "electron";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../electron/lib/clock.ts";
import { externalUrl, isAppUrl } from "../../electron/shell/address.ts";
import { followFailedRuns, parseFrame } from "../../electron/shell/failed-runs.ts";
import { buildMenu } from "../../electron/shell/menu.ts";
import { createQuit, FORCE_AFTER_MS, FORCED_EXIT_CODE } from "../../electron/shell/quit.ts";
import { openMemory, visibleBounds } from "../../electron/shell/remembered.ts";
import { forward } from "../../electron/shell/reverse-proxy.ts";
import { tempFolder } from "../support/temp-folder.ts";

describe("addresses", () => {
  test("only the app's own origin is the app", () => {
    expect(isAppUrl("app://workflows/runs/1")).toBe(true);
    for (const other of [
      "app://workflows.example/",
      "https://example.com/?next=app://workflows/",
      "app:",
      "nonsense",
    ]) {
      expect(isAppUrl(other), other).toBe(false);
    }
  });

  test("pages and mail may leave; what could start a program may not", () => {
    expect(externalUrl("https://example.com")).toBe("https://example.com/");
    expect(externalUrl("mailto:a@example.com")).toBe("mailto:a@example.com");
    for (const other of ["file:///etc/passwd", "javascript:alert(1)", "smb://host/x", "ms-msdt:/id", ""]) {
      expect(externalUrl(other), other).toBeUndefined();
    }
  });
});

describe("the reverse proxy", () => {
  test("adds the token and passes on only what the page may say", async () => {
    const host = await aHost((request, response) => response.end(JSON.stringify(request.headers)));
    const answer = await forward(
      host,
      new Request("app://workflows/api/v1/runs?x=1", {
        headers: { authorization: "Bearer stolen", cookie: "a=b", origin: "app://workflows", "last-event-id": "7" },
      }),
    );

    const headers = (await answer.json()) as Record<string, string>;
    expect(headers.authorization).toBe("Bearer secret");
    expect(headers["last-event-id"]).toBe("7");
    expect(headers).not.toHaveProperty("cookie");
    expect(headers).not.toHaveProperty("origin");
    expect(headers.host).toBe(new URL(host.url).host);
  });

  test("passes method, path, query, body, status and headers", async () => {
    const host = await aHost(async (request, response) => {
      response.writeHead(201, { "x-seen": `${request.method} ${request.url}` });
      response.end(await bodyOf(request));
    });
    const address = "app://workflows/api/v1/workflows?a=%20b";
    const answer = await forward(host, new Request(address, { method: "POST", body: "{}" }));

    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-seen")).toBe("POST /api/v1/workflows?a=%20b");
    expect(await answer.text()).toBe("{}");
  });

  test("a stream arrives as it is written, and ends at the host when the page leaves", async () => {
    let hostSawTheEnd = (): void => {};
    const ended = new Promise<void>((resolve) => {
      hostSawTheEnd = resolve;
    });
    const host = await aHost((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: first\n\n");
      response.once("close", hostSawTheEnd);
    });

    const answer = await forward(host, new Request("app://workflows/api/v1/stream"));
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value)).toBe("data: first\n\n");
    await reader?.cancel();
    await ended;
  });

  test("refuses a request that another origin's page made", async () => {
    const host = await aHost((_request, response) => response.end());
    const request = Object.assign(new Request("app://workflows/"), { initiatorOrigin: "https://example.com" });
    expect((await forward(host, request)).status).toBe(403);
    expect((await forward(host, new Request("app://elsewhere/"))).status).toBe(404);
  });

  test("an engine that is away is told in a sentence", async () => {
    const answer = await forward({ url: "http://127.0.0.1:1", token: "secret" }, new Request("app://workflows/api"));
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ code: "engine_unreachable", hint: expect.any(String) });
  });
});

describe("quitting", () => {
  function aQuit(activeRuns: number, agrees: boolean) {
    const drained = Promise.withResolvers<void>();
    const forced = Promise.withResolvers<void>();
    const exit = vi.fn();
    const ask = vi.fn(async () => agrees);
    const done = Promise.withResolvers<void>();
    const quit = createQuit({
      activeRuns: async () => activeRuns,
      ask,
      onDraining() {},
      drain: () => drained.promise,
      quit: () => done.resolve(),
      exit,
      onError() {},
      clock: {
        now: () => 0,
        monotonic: () => 0,
        after(ms, fn) {
          expect(ms).toBe(FORCE_AFTER_MS);
          void forced.promise.then(fn);
          return () => {};
        },
      },
    });
    const request = () => {
      const event = { preventDefault: vi.fn() };
      quit.beforeQuit(event);
      return event.preventDefault.mock.calls.length > 0 ? "put off" : "allowed";
    };
    return { quit, request, ask, exit, done: done.promise, drained, forced };
  }

  test("is put off, every time, until the engine is drained", async () => {
    const { request, done, drained, ask } = aQuit(0, true);
    expect([request(), request()]).toEqual(["put off", "put off"]);
    drained.resolve();
    await done;
    expect(request()).toBe("allowed");
    expect(ask).not.toHaveBeenCalled();
  });

  test("asks once while runs are active, and cancelling leaves all as it was", async () => {
    const { quit, request, ask } = aQuit(2, false);
    request();
    request();
    await vi.waitUntil(() => ask.mock.calls.length === 1);
    await vi.waitUntil(() => {
      request();
      return ask.mock.calls.length === 2;
    });
    expect(quit.isEnding).toBe(false);
  });

  test("a question that could not be put is put again at the next request", async () => {
    const { request, ask } = aQuit(1, true);
    ask.mockRejectedValueOnce(new Error("no display"));
    request();
    await vi.waitUntil(() => {
      request();
      return ask.mock.calls.length === 2;
    });
  });

  test("a second request during the drain forces the end", async () => {
    const { quit, request, exit, forced } = aQuit(0, true);
    quit.now();
    expect(request()).toBe("put off");
    expect(exit).not.toHaveBeenCalled();
    forced.resolve();
    await vi.waitUntil(() => exit.mock.calls.length > 0);
    expect(exit).toHaveBeenCalledExactlyOnceWith(FORCED_EXIT_CODE);
  });

  test("a drain that fails does not keep the app open", async () => {
    const { quit, request, done, drained } = aQuit(0, true);
    quit.now();
    drained.reject(new Error("the disk is full"));
    await done;
    expect(request()).toBe("allowed");
  });
});

describe("failed runs", () => {
  test("are heard of, over a stream that breaks in between", async () => {
    const asked: (string | undefined)[] = [];
    const host = await aHost((request, response) => {
      asked.push(request.headers["last-event-id"] as string | undefined);
      const event = (id: number, type: string) =>
        `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({
          event_id: id,
          run_id: `run-${id}`,
          event_seq: 1,
          event_type: type,
          step_run_id: null,
          payload: { error: "It broke." },
          created_at: "2026-01-01T00:00:00.000+00:00",
        })}\n\n`;
      response.end(
        asked.length === 1 ? `: hello\n\n${event(1, "run_started")}${event(2, "run_failed")}` : event(3, "run_failed"),
      );
    });

    const failed: string[] = [];
    const stop = new AbortController();
    await followFailedRuns({
      host,
      // No real pauses: the next try comes in the next turn.
      clock: { ...systemClock, after: (_ms, fn) => systemClock.after(0, fn) },
      signal: stop.signal,
      onFailed({ runId }) {
        failed.push(runId);
        if (runId === "run-3") stop.abort();
      },
    });

    expect(failed).toEqual(["run-2", "run-3"]);
    expect(asked).toEqual([undefined, "2"]);
  });

  test("frames are read as the standard says", () => {
    expect(parseFrame("id: 4\nevent: x\ndata: a\ndata:b\n: note")).toEqual({ id: "4", data: "a\nb" });
  });
});

describe("what the window remembers", () => {
  test("survives a start, and a broken file is as good as none", async () => {
    const folder = await tempFolder();
    openMemory(folder).remember({ backupFolder: "/backups", isMaximized: true });
    expect(openMemory(folder).current).toEqual({ backupFolder: "/backups", isMaximized: true });

    writeFileSync(join(folder, "remembered.json"), "{ broken");
    expect(openMemory(folder).current).toEqual({});
  });

  test("a folder that cannot be written costs only the memory", async () => {
    const folder = join(await tempFolder(), "gone");
    const memory = openMemory(folder);
    memory.remember({ isMaximized: true });
    expect(memory.current.isMaximized).toBe(true);
    mkdirSync(folder);
  });

  test("bounds on a display that is no longer there are not used", () => {
    const display = { x: 0, y: 0, width: 1920, height: 1080 };
    const seen = { x: 100, y: 100, width: 800, height: 600 };
    expect(visibleBounds(seen, [display])).toBe(seen);
    expect(visibleBounds({ ...seen, x: 2500 }, [display])).toBeUndefined();
    expect(visibleBounds(undefined, [display])).toBeUndefined();
  });
});

describe("the menu", () => {
  const commands = {
    toPage: vi.fn(),
    exportBackup: vi.fn(),
    revealDataFolder: vi.fn(),
    revealLog: vi.fn(),
    showAbout: vi.fn(),
  };
  const state = { platform: "linux" as const, appName: "Workflows Desktop", isPackaged: true };
  const all = (items: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
    items.flatMap((item) => [item, ...all(Array.isArray(item.submenu) ? item.submenu : [])]);

  test("gives no two items the same keys, on any system", () => {
    for (const platform of ["linux", "darwin", "win32"] as const) {
      const keys = all(buildMenu(commands, { ...state, platform })).flatMap(({ accelerator }) => accelerator ?? []);
      expect(new Set(keys).size, platform).toBe(keys.length);
    }
  });

  test("has tools for developers only where it is not packaged, and nowhere a reload", () => {
    const roles = (isPackaged: boolean) => all(buildMenu(commands, { ...state, isPackaged })).map(({ role }) => role);
    expect(roles(true)).not.toContain("toggleDevTools");
    expect(roles(false)).toContain("toggleDevTools");
    expect(roles(false)).not.toContain("reload");
  });

  test("keeps copy and paste, and a way out, on every system", () => {
    for (const platform of ["linux", "darwin", "win32"] as const) {
      const roles = all(buildMenu(commands, { ...state, platform })).map(({ role }) => role);
      expect(roles, platform).toEqual(expect.arrayContaining(["undo", "cut", "copy", "paste", "selectAll", "quit"]));
    }
  });
});

/** A host that answers as told; gone when the test ends. */
async function aHost(answer: RequestListener): Promise<{ url: string; token: string }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "secret" };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
