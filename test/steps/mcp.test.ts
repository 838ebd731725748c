/** mcp_tool against a real tool server: as a child process, and behind an address on this machine. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../electron/lib/clock.ts";
import { commandsOf } from "../../electron/steps/registry.ts";
import { OPEN_EGRESS, stepBench } from "../support/step-context.ts";
import { toolServer } from "../support/tool-server.ts";

const bench = await stepBench();
const program = { command: process.execPath, args: [join(import.meta.dirname, "../support/tool-server.ts")] };
const call = (tool_name: string, given: Record<string, unknown> = {}, more: Record<string, unknown> = {}) =>
  bench.run("mcp_tool", { ...program, tool_name, arguments: given, ...more });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: that it is gone is what the tests ask for.
    return false;
  }
};

describe("mcp_tool with a program", () => {
  test("gives a structured result, a text, or the content as it is, and the server's name", async () => {
    expect(await call("add", { a: 2, b: 3 })).toEqual({
      status: "ok",
      outputs: { result: { sum: 5 }, module: "test-tools" },
    });
    expect(await call("echo", { text: "grüße" }, { save_artifact: true })).toMatchObject({
      outputs: { result: "grüße", artifact: { name: "mcp_tool.txt" } },
    });
    expect(bench.artifacts.at(-1)).toMatchObject({ text: "grüße", mimeType: "text/plain" });
    expect(await call("picture")).toMatchObject({ outputs: { result: [{ type: "image", data: "AAAA" }] } });
  });

  test("the server gets the step's environment and nothing of the host's secrets", async () => {
    process.env.HOST_TOKEN = "not for you";
    expect(await call("env_of", { name: "TOOL_KEY" }, { env: { TOOL_KEY: "k" } })).toMatchObject({
      outputs: { result: "k" },
    });
    expect(await call("env_of", { name: "HOST_TOKEN" })).toMatchObject({ outputs: { result: "(none)" } });
    delete process.env.HOST_TOKEN;
  });

  test("a tool that reports an error has failed, and so has a call that the server does not take", async () => {
    expect(await call("fail")).toMatchObject({
      failure: { code: "mcp_tool_failed", message: expect.stringContaining("the disk is on fire"), retryable: true },
      outputs: { error: "mcp_tool_failed", result: "the disk is on fire" },
    });
    expect(await call("no_such_tool")).toMatchObject({ status: "failed", failure: { code: "mcp_tool_failed" } });
  });

  test("only tools in the allowlist are called", async () => {
    expect(await call("echo", { text: "x" }, { allowlist: ["add", "ec*"] })).toMatchObject({ status: "ok" });
    for (const allowlist of [[], ["ech"], ["add*"]]) {
      expect(await call("echo", { text: "x" }, { allowlist })).toMatchObject({
        failure: { code: "mcp_tool_not_allowed", retryable: false },
      });
    }
  });

  test("a server that crashes is told with its last words, and one that is not there by name", async () => {
    expect(await call("crash")).toMatchObject({
      failure: { code: "mcp_server_failed", message: expect.stringContaining("out of cheese"), retryable: true },
    });
    const missing = { command: "no-such-tool-server", args: [], tool_name: "x" };
    expect(await bench.run("mcp_tool", missing)).toMatchObject({ failure: { code: "command_not_found" } });
  });

  test("the server ends with the step, and is told to the host while it runs", async () => {
    const started: { pid: number; processGroup: boolean }[] = [];
    const overrides = { childStarted: (child: { pid: number; processGroup: boolean }) => void started.push(child) };
    const result = await bench.run("mcp_tool", { ...program, tool_name: "pid" }, { overrides });
    const pid = Number(result.status === "ok" && result.outputs.result);
    expect(started).toEqual([{ pid, processGroup: true }]);
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test.each(["cancel", "timeout"])("on %s the server and all that it started end at once", async (how) => {
    const cancel = new AbortController();
    const timers: (() => void)[] = [];
    const pids = Promise.withResolvers<number[]>();
    const overrides = {
      progress: ({ message = "" }) => pids.resolve(message.split(" ").map(Number)),
      // The time limit of this call passes when the test says so.
      clock: {
        ...systemClock,
        after: (ms: number, fn: () => void) => {
          if (ms !== 77_000) return systemClock.after(ms, fn);
          timers.push(fn);
          return () => {};
        },
      },
    };
    const config = { ...program, tool_name: "hang", arguments: { with_child: true }, timeout_seconds: 77 };
    const running = bench.run("mcp_tool", config, { signal: cancel.signal, overrides });
    const [server = 0, child = 0] = await pids.promise;
    expect([isAlive(server), isAlive(child)]).toEqual([true, true]);
    if (how === "cancel") cancel.abort();
    else for (const timeIsUp of timers) timeIsUp();
    expect(await running).toMatchObject(how === "cancel" ? { status: "cancelled" } : { failure: { code: "timeout" } });
    await expect.poll(() => [isAlive(server), isAlive(child)], { timeout: 5000 }).toEqual([false, false]);
  });

  test("its command needs consent like that of a shell step", () => {
    const config = { command: "npx", args: ["some server", "--all"], tool_name: "x" };
    expect(commandsOf([{ type: "mcp_tool", config }])).toEqual(['npx "some server" --all']);
    expect(commandsOf([{ type: "mcp_tool", config: { url: "https://tools.example/mcp", tool_name: "x" } }])).toEqual(
      [],
    );
  });

  test("either a program or an address is given, and the transport fits it", async () => {
    for (const config of [
      { tool_name: "x" },
      { tool_name: "x", command: "a", url: "https://b.example" },
      { tool_name: "x", command: "a", transport: "http" },
    ]) {
      await expect(bench.run("mcp_tool", config)).rejects.toThrow();
    }
  });
});

describe("mcp_tool with an address", () => {
  const open: Server[] = [];
  afterEach(async () => {
    for (const server of open.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  /** The same tools behind an address, with sessions as a real server has them. */
  async function listening(options: { json?: boolean } = {}) {
    const asked: IncomingMessage[] = [];
    const sessions = new Map<string, StreamableHTTPServerTransport>();
    const server = createServer(async (request, response) => {
      asked.push(request);
      const known = sessions.get(String(request.headers["mcp-session-id"]));
      if (known) return known.handleRequest(request, response);
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        enableJsonResponse: options.json,
        onsessioninitialized: (id) => void sessions.set(id, transport),
        onsessionclosed: (id) => void sessions.delete(id),
      });
      await toolServer().connect(transport);
      await transport.handleRequest(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push(server);
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, asked, sessions };
  }

  test.each([
    ["a stream", false],
    ["JSON", true],
  ])("a server that answers with %s is understood, and its session is closed", async (_, json) => {
    const { url, asked, sessions } = await listening({ json });
    const secret = async () => "t0ken";
    const config = { url, transport: "http", secret_ref: "tools", tool_name: "add", arguments: { a: 1, b: 1 } };
    expect(await bench.run("mcp_tool", config, { overrides: { secret } })).toEqual({
      status: "ok",
      outputs: { result: { sum: 2 }, module: "test-tools" },
    });
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(asked.map(() => "Bearer t0ken"));
    expect(asked.map(({ method }) => method)).toEqual(["POST", "POST", "POST", "DELETE"]);
    expect(sessions.size).toBe(0);
  });

  test("the policy is asked first", async () => {
    const { url, asked } = await listening();
    const closed = await stepBench({ egress: { ...OPEN_EGRESS, blockPrivate: true } });
    expect(await closed.run("mcp_tool", { url, tool_name: "add" })).toMatchObject({
      failure: { code: "blocked_egress", retryable: false },
      outputs: { reason: "address_forbidden" },
    });
    expect(await bench.run("mcp_tool", { url: "http://tools.nowhere.invalid/mcp", tool_name: "add" })).toMatchObject({
      failure: { code: "offline", retryable: true },
    });
    expect(asked).toEqual([]);
  });

  test("what is no tool server, and one that is down for now, are told apart", async () => {
    const statuses = [404, 503];
    const server = createServer((_, response) => void response.writeHead(statuses.shift() ?? 500).end("nothing here"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push(server);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    for (const retryable of [false, true]) {
      expect(await bench.run("mcp_tool", { url, tool_name: "add" })).toMatchObject({
        failure: { code: "mcp_server_failed", retryable },
      });
    }
  });

  test("a call that is cancelled or late ends, though the server says nothing more", async () => {
    const { url } = await listening();
    expect(await bench.run("mcp_tool", { url, tool_name: "hang", timeout_seconds: 0.5 })).toMatchObject({
      failure: { code: "timeout" },
    });
    const cancel = new AbortController();
    const overrides = { progress: () => cancel.abort() };
    const running = bench.run("mcp_tool", { url, tool_name: "hang" }, { signal: cancel.signal, overrides });
    expect(await running).toEqual({ status: "cancelled" });
  });
});
