/**
 * A real tool server (MCP) for the tests, made with the official library. Run as a program it speaks on its standard
 * input and output; `toolServer` is the same thing for a test that puts it behind an address.
 */
import { spawn } from "node:child_process";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

export function toolServer(): McpServer {
  const server = new McpServer({ name: "test-tools", version: "1.0.0" });
  server.registerTool(
    "add",
    { inputSchema: { a: z.number(), b: z.number() }, outputSchema: { sum: z.number() } },
    ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }], structuredContent: { sum: a + b } }),
  );
  server.registerTool("echo", { inputSchema: { text: z.string() } }, ({ text }) => ({
    content: [{ type: "text", text }],
  }));
  server.registerTool("env_of", { inputSchema: { name: z.string() } }, ({ name }) => ({
    content: [{ type: "text", text: process.env[name] ?? "(none)" }],
  }));
  server.registerTool("fail", {}, () => ({ isError: true, content: [{ type: "text", text: "the disk is on fire" }] }));
  server.registerTool("picture", {}, () => ({ content: [{ type: "image", data: "AAAA", mimeType: "image/png" }] }));
  server.registerTool("crash", {}, () => {
    process.stderr.write("out of cheese\n");
    process.exit(3);
  });
  // Tells its own number, and that of a program it started if it is to start one; and never ends by itself.
  server.registerTool("hang", { inputSchema: { with_child: z.boolean().default(false) } }, async (given, extra) => {
    const child = given.with_child ? spawn("sleep", ["1000"], { stdio: "ignore" }) : null;
    await extra.sendNotification({
      method: "notifications/progress",
      params: {
        progressToken: extra._meta?.progressToken ?? 0,
        progress: 1,
        message: `${process.pid} ${child?.pid ?? 0}`,
      },
    });
    return new Promise(() => {});
  });
  server.registerTool("pid", {}, () => ({ content: [{ type: "text", text: String(process.pid) }] }));
  return server;
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write("hello, this line is no message\n");
  await toolServer().connect(new StdioServerTransport());
}
