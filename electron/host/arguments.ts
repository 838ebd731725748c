/** The headless host's arguments. Pure; what they are used for is the entry's. */
import { parseArgs } from "node:util";

export interface Arguments {
  port: number;
  safeMode: boolean;
  readyJson: boolean;
  help: boolean;
}

export const USAGE = `Usage: headless [--data-dir DIR] [--port N] [--ready-json] [--safe-mode]

  --data-dir DIR  keep everything in this folder (else WORKFLOWS_DATA_DIR, else your own application data)
  --port N        listen on this port of 127.0.0.1 (else a free one)
  --ready-json    print one line of JSON on stdout when ready
  --safe-mode     only look: nothing runs and nothing is changed`;

/** The arguments, or the one thing that is wrong with them, as a sentence. */
export function parseArguments(argv: readonly string[]): Arguments | { problem: string } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        "data-dir": { type: "string" },
        port: { type: "string", default: "0" },
        "ready-json": { type: "boolean", default: false },
        "safe-mode": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      return { problem: `--port must be a number from 0 to 65535, not "${values.port}".` };
    }
    if (values["data-dir"]?.trim() === "") return { problem: "--data-dir must name a folder." };
    return { port, safeMode: values["safe-mode"], readyJson: values["ready-json"], help: values.help };
  } catch (error) {
    return { problem: problemOf(error, argv) };
  }
}

/** Node's own messages run to several sentences of advice on quoting. */
function problemOf(error: unknown, argv: readonly string[]): string {
  const { code, message } = error as { code?: string; message: string };
  const named = /'(?:-\w, )?([^' ]+)[^']*'/.exec(message)?.[1] ?? argv.join(" ");
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `There is no option ${named}.`;
  if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL")
    return `"${named}" is not understood; this command takes options only.`;
  return `The option ${named} is not given as it should be.`;
}
