/** Calls one tool of a tool server that speaks the Model Context Protocol: a program here, or an address. */
import { z } from "zod";
import { commandLine } from "./command-line.ts";
import { withoutZero } from "./fields.ts";
import { mayHelp } from "./http-request.ts";
import { type McpConnection, openServer } from "./mcp-connection.ts";
import { SECRET_NAME } from "./named-secret.ts";
import { asStepError, cancellable } from "./network-failure.ts";
import { CAPABILITY, defineStep, failed, ok, type StepContext, StepError, type StepResult } from "./step-type.ts";

const schema = z
  .strictObject({
    transport: z.enum(["stdio", "http"]).optional().describe("Told by command or url if not given"),
    command: withoutZero.min(1).optional().describe("stdio: the server's program"),
    args: z.array(withoutZero).default([]),
    env: z
      .record(withoutZero, z.union([withoutZero, z.number(), z.boolean()]))
      .default({})
      .describe("Added to the few names that are inherited"),
    cwd: withoutZero.optional().describe("Working folder; the run's own if not given"),
    url: z.string().min(1).optional().describe("http: the server's address"),
    headers: z.record(z.string(), z.string()).default({}),
    secret_ref: z
      .string()
      .regex(SECRET_NAME, "must be the name of a secret")
      .optional()
      .describe("http: the token's name"),
    tool_name: z.string().min(1),
    arguments: z.record(z.string(), z.unknown()).default({}),
    allowlist: z
      .array(z.string().min(1))
      .optional()
      .describe("Tools that may be called: names, or beginnings that end in *; all if not given"),
    save_artifact: z.boolean().default(false).describe("Keep the result as a file"),
    timeout_seconds: z.number().positive().max(3600).default(60).describe("For the whole conversation"),
  })
  .refine(({ command, url }) => (command === undefined) !== (url === undefined), {
    error: "give either command or url",
  })
  .refine(({ transport, command }) => !transport || (transport === "stdio") === (command !== undefined), {
    path: ["transport"],
    error: "stdio goes with command, http with url",
  });
type Config = z.output<typeof schema>;

export const mcpTool = defineStep({
  type: "mcp_tool",
  title: "Call a tool (MCP)",
  group: "network",
  description:
    "Calls a tool of an MCP server. Gives `result`: its structured answer, else its text, else its content; and the server's name as `module`.",
  schema,
  example: { command: "my-tool-server", args: ["--stdio"], tool_name: "search", arguments: { query: "red" } },
  capability: CAPABILITY.external,
  inner: true,
  commands: commandsOf,
  execute(context) {
    const { tool_name: tool, allowlist } = context.config;
    if (allowlist && !allowlist.some((entry) => fits(entry, tool))) {
      return failed("mcp_tool_not_allowed", `The tool ${tool} is not in the allowlist.`, {
        hint: "Add its name, or a beginning that ends in *.",
        retryable: false,
        outputs: { error: "mcp_tool_not_allowed" },
      });
    }
    if (context.testMode) return ok({ dispatched: false, test_mode: true });
    return cancellable(context.signal, () => converse(context));
  },
});

function commandsOf({ command, args }: Readonly<Record<string, unknown>>): string[] {
  if (typeof command !== "string") return [];
  return [commandLine([command, ...(args === undefined ? [] : [args].flat())])];
}

const fits = (entry: string, tool: string): boolean =>
  entry.endsWith("*") ? tool.startsWith(entry.slice(0, -1)) : tool === entry;

async function converse(context: StepContext<Config>): Promise<StepResult> {
  const { timeout_seconds: seconds } = context.config;
  const late = new AbortController();
  const cancelTimer = context.clock.after(seconds * 1000, () => late.abort());
  const signal = AbortSignal.any([context.signal, late.signal]);
  let connection: McpConnection | null = null;
  try {
    connection = await openServer(context, signal);
    return await call(context, connection, signal);
  } catch (error) {
    if (late.signal.aborted && !context.signal.aborted) {
      throw new StepError("timeout", `The tool took longer than ${seconds} s.`, {
        hint: "Raise timeout_seconds. What it had begun may be done all the same.",
        outputs: { error: "timeout" },
      });
    }
    throw explained(error, connection?.lastWords() ?? "");
  } finally {
    cancelTimer();
    await connection?.close();
  }
}

const PROGRESS_EVERY_MS = 250;

async function call(
  context: StepContext<Config>,
  { transport }: McpConnection,
  signal: AbortSignal,
): Promise<StepResult> {
  const { tool_name, arguments: given, timeout_seconds } = context.config;
  // Loaded with the first call: the library is large, and most runs never call a tool.
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const client = new Client({ name: "workflows-desktop", version: "0.1.0" });
  // Ours ends first; theirs is only kept from ending earlier.
  const options = { signal, timeout: timeout_seconds * 1000 + 10_000 };
  await client.connect(transport, options);
  let toldAt = Number.NEGATIVE_INFINITY;
  const answer = await client.callTool({ name: tool_name, arguments: given }, undefined, {
    ...options,
    onprogress({ progress, total, message }) {
      if (context.clock.monotonic() - toldAt < PROGRESS_EVERY_MS) return;
      toldAt = context.clock.monotonic();
      context.progress({ done: progress, total, message });
    },
  });
  return outcome(context, answer, client.getServerVersion()?.name);
}

type Answer = Record<string, unknown>;

async function outcome(context: StepContext<Config>, answer: Answer, module: string | undefined): Promise<StepResult> {
  const text = textOf(answer.content);
  const result = answer.structuredContent ?? text ?? answer.content ?? null;
  const told = { result, ...(module ? { module } : {}) };
  if (answer.isError === true) {
    return failed("mcp_tool_failed", `The tool ${context.config.tool_name} failed: ${(text ?? "").slice(0, 300)}`, {
      outputs: { error: "mcp_tool_failed", ...told },
    });
  }
  if (!context.config.save_artifact) return ok(told);
  const isText = typeof result === "string";
  const artifact = await context.artifacts.add({
    name: isText ? "mcp_tool.txt" : "mcp_tool.json",
    type: "data",
    mimeType: isText ? "text/plain" : "application/json",
    content: isText ? result : JSON.stringify(result, null, 2),
  });
  return ok({ ...told, artifact });
}

const TextParts = z.array(z.looseObject({ type: z.literal("text"), text: z.string() })).min(1);

/** The text, if the answer is nothing but text. */
function textOf(content: unknown): string | undefined {
  const parts = TextParts.safeParse(content);
  return parts.success ? parts.data.map(({ text }) => text).join("\n") : undefined;
}

/** Codes of the protocol: the tool, or what it was given, is not as the server wants it. */
const WRONG_CALL: ReadonlySet<unknown> = new Set([-32600, -32601, -32602]);

function explained(error: unknown, lastWords: string): unknown {
  const known = asStepError(error);
  if (known instanceof StepError || !(known instanceof Error)) return known;
  const { name, message, code } = known as Error & { code?: unknown };
  if (name === "McpError" && WRONG_CALL.has(code)) {
    return new StepError("mcp_tool_failed", `The tool server refused the call: ${message}`, {
      hint: "Check tool_name and arguments.",
      retryable: false,
      outputs: { error: "mcp_tool_failed" },
    });
  }
  return new StepError(
    "mcp_server_failed",
    `The tool server failed: ${message}${lastWords ? ` It said: ${lastWords}` : ""}`,
    {
      hint: "Run its command in a terminal to see what it says.",
      retryable: typeof code === "number" && code >= 300 && code < 600 ? mayHelp(code) : true,
      outputs: { error: "mcp_server_failed" },
    },
  );
}
