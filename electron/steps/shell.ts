/** Runs a command on this machine: a line for the system's shell, or a program with its arguments. */
import { z } from "zod";
import { childEnvironment, programExists } from "./child-environment.ts";
import { type ChildOutcome, runChild } from "./child-process.ts";
import { commandLine } from "./command-line.ts";
import { withoutZero } from "./fields.ts";
import {
  CAPABILITY,
  defineStep,
  failed,
  type Outputs,
  ok,
  type StepContext,
  StepError,
  type StepResult,
} from "./step-type.ts";

const schema = z
  .strictObject({
    command: withoutZero.min(1).optional().describe("A line for the system's shell"),
    argv: z.array(withoutZero).min(1).optional().describe("A program and its arguments, without a shell"),
    cwd: withoutZero.optional().describe("Working folder; the run's own if not given"),
    env: z
      .record(withoutZero, z.union([withoutZero, z.number(), z.boolean()]))
      .default({})
      .describe("Added to the few names that are inherited"),
    stdin: z.string().optional().describe("Text for its standard input"),
    timeout_seconds: z.number().positive().max(86_400).optional().describe("End it after this long"),
    success_codes: z.array(z.int().min(0).max(255)).min(1).default([0]).describe("Exit codes that count as success"),
    parse: z
      .enum(["text", "lines", "json"])
      .default("text")
      .describe("lines and json read the standard output as such"),
  })
  .refine((config) => (config.command === undefined) !== (config.argv === undefined), {
    error: "give either command or argv",
  });
type Config = z.output<typeof schema>;

type Ended = Extract<ChildOutcome, { kind: "ended" }>;

export const shell = defineStep({
  type: "shell",
  title: "Run a command",
  group: "local",
  description:
    "Runs a command and everything it starts as one tree. Gives `exit_code`, `stdout`, `stderr`, `duration_ms`, and `lines` or `json`.",
  schema,
  example: { command: "echo hello" },
  capability: CAPABILITY.local,
  inner: true,
  commands: commandsOf,
  async execute(context) {
    const timeout = new AbortController();
    const { timeout_seconds: seconds } = context.config;
    const cancelTimer = seconds === undefined ? () => {} : context.clock.after(seconds * 1000, () => timeout.abort());
    try {
      const outcome = await run(context, AbortSignal.any([context.signal, timeout.signal]));
      if (context.signal.aborted) return { status: "cancelled" };
      if (outcome.kind === "not_started")
        return failed("command_not_found", `The command could not be started: ${outcome.reason}`);
      if (timeout.signal.aborted) {
        return failed("timeout", `The command took longer than ${seconds} s and was ended.`, {
          outputs: { error: "timeout", ...told(outcome) },
        });
      }
      return judged(outcome, context.config);
    } finally {
      cancelTimer();
    }
  },
});

function commandsOf({ command, argv }: Readonly<Record<string, unknown>>): string[] {
  if (typeof command === "string") return [command];
  if (typeof argv === "string") return [argv];
  return Array.isArray(argv) ? [commandLine(argv)] : [];
}

async function run(
  { config, files, clock, logTail, childStarted }: StepContext<Config>,
  signal: AbortSignal,
): Promise<ChildOutcome> {
  const cwd = config.cwd === undefined ? await files.workdir() : await files.resolve(config.cwd, "read");
  const env = childEnvironment(config.env);
  const program = config.argv?.[0];
  if (program !== undefined && process.platform !== "win32" && !(await programExists(program, cwd, env.PATH))) {
    throw new StepError("command_not_found", `There is no program "${program}" that can be run.`, {
      hint: "Is it installed, and on PATH?",
    });
  }
  return runChild({
    run: config.argv ? { argv: config.argv } : { command: config.command ?? "" },
    cwd,
    env,
    stdin: config.stdin ?? null,
    signal,
    clock,
    started: (pid) => childStarted?.({ pid, processGroup: process.platform !== "win32" }),
    output: ({ stdout, stderr }) => logTail({ stdout_tail: stdout, stderr_tail: stderr }),
  });
}

const told = ({ exitCode, stdout, stderr, durationMs, truncated }: Ended): Outputs => ({
  exit_code: exitCode,
  stdout,
  stderr,
  duration_ms: durationMs,
  ...(truncated ? { truncated: true } : {}),
});

/** A shell's own words for "no such command". */
const NOT_FOUND_EXIT = 127;

function judged(outcome: Ended, { success_codes, parse, command }: Config): StepResult {
  if (!success_codes.includes(outcome.exitCode)) {
    const code = outcome.exitCode === NOT_FOUND_EXIT && command !== undefined ? "command_not_found" : "command_failed";
    const lastWords = outcome.stderr.trim().split("\n").at(-1)?.slice(0, 300);
    const how = outcome.signal ? `was ended by ${outcome.signal}` : `ended with exit code ${outcome.exitCode}`;
    return failed(code, `The command ${how}${lastWords ? `: ${lastWords}` : "."}`, {
      hint: code === "command_not_found" ? "Is it installed, and on PATH?" : undefined,
      outputs: { error: code, ...told(outcome) },
    });
  }
  if (parse === "lines") return ok({ ...told(outcome), lines: linesOf(outcome.stdout) });
  return parse === "json" ? withJson(outcome) : ok(told(outcome));
}

/** Lines without their ends; a last line end begins no further line. */
const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/));

function withJson(outcome: Ended): StepResult {
  try {
    return ok({ ...told(outcome), json: JSON.parse(outcome.stdout) });
  } catch {
    const why = outcome.truncated ? "it was longer than what is kept" : "it is something else";
    return failed("command_output_invalid", `The command's output was to be JSON, but ${why}.`, {
      outputs: { error: "command_output_invalid", ...told(outcome) },
    });
  }
}
