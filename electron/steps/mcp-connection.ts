/** Opens the way to a tool server, a program or an address, and closes it again without leaving anything behind. */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { childEnvironment, programExists } from "./child-environment.ts";
import { policyFetch } from "./mcp-http.ts";
import { stdioTransport } from "./mcp-stdio.ts";
import { namedSecret } from "./named-secret.ts";
import { type StepContext, StepError } from "./step-type.ts";

export interface McpServerConfig {
  command?: string;
  args: string[];
  env: Record<string, string | number | boolean>;
  cwd?: string;
  url?: string;
  headers: Record<string, string>;
  secret_ref?: string;
  timeout_seconds: number;
}

export interface McpConnection {
  transport: Transport;
  /** Ends the conversation, and the program with all it started. Never rejects. */
  close(): Promise<void>;
  /** What the program said last, for when it fails. */
  lastWords(): string;
}

/** `signal` aborts when the step is cancelled or late. Throws StepErrors for what is not there. */
export const openServer = (context: StepContext<McpServerConfig>, signal: AbortSignal): Promise<McpConnection> =>
  context.config.command === undefined ? overHttp(context) : overStdio(context, context.config.command, signal);

async function overStdio(
  { config, files, clock, logTail, childStarted }: StepContext<McpServerConfig>,
  command: string,
  signal: AbortSignal,
): Promise<McpConnection> {
  const cwd = config.cwd === undefined ? await files.workdir() : await files.resolve(config.cwd, "read");
  const env = childEnvironment(config.env);
  if (process.platform !== "win32" && !(await programExists(command, cwd, env.PATH))) {
    throw new StepError("command_not_found", `There is no program "${command}" that can be run.`, {
      hint: "Is it installed, and on PATH?",
    });
  }
  const transport = stdioTransport(
    {
      argv: [command, ...config.args],
      cwd,
      env,
      clock,
      started: (pid) => childStarted?.({ pid, processGroup: process.platform !== "win32" }),
      stderr: (tail) => logTail({ stderr_tail: tail }),
    },
    signal,
  );
  return { transport, close: () => transport.close(), lastWords: transport.lastWords };
}

async function overHttp(context: StepContext<McpServerConfig>): Promise<McpConnection> {
  const { url = "", headers, secret_ref, timeout_seconds } = context.config;
  if (!URL.canParse(url)) {
    throw new StepError("validation_error", `"${url}" is not a complete URL.`, { hint: "Begin it with https://" });
  }
  const key = secret_ref === undefined ? null : await namedSecret(context, secret_ref);
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    fetch: policyFetch(context, Math.ceil(timeout_seconds * 1000)),
    requestInit: { headers: { ...headers, ...(key === null ? {} : { authorization: `Bearer ${key}` }) } },
  });
  return {
    transport,
    async close() {
      // Only a courtesy: a server forgets sessions by itself, and what the tool gave is in our hands.
      await transport.terminateSession().catch(() => {});
      await transport.close();
    },
    lastWords: () => "",
  };
}
