/**
 * The log: one JSON object a line, `time level category msg` and then ids (design §16). Never inputs, tokens or headers.
 */
import pino from "pino";

export const LOG_CATEGORIES = [
  "engine",
  "db",
  "scheduler",
  "api",
  "delivery",
  "artifacts",
  "dlq",
  "sync",
  "ops",
  "host",
  "shell",
] as const;
export type LogCategory = (typeof LOG_CATEGORIES)[number];

export interface Logger {
  debug(fields: object, msg: string): void;
  info(fields: object, msg: string): void;
  warn(fields: object, msg: string): void;
  error(fields: object, msg: string): void;
}

export interface Log {
  for(category: LogCategory): Logger;
  /** Write out what is still held in memory. */
  flush(): void;
}

export interface LogOptions {
  /** Where lines go: a file path, or 2 for stderr. */
  to: string | 2;
  /** Categories that also write debug lines. */
  debug: ReadonlySet<LogCategory>;
  now: () => number;
}

export function openLog({ to, debug, now }: LogOptions): Log {
  const destination = pino.destination({ dest: to, sync: true, mkdir: true, mode: 0o600 });
  const root = pino(
    {
      base: null,
      level: "debug",
      timestamp: () => `,"time":${now()}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const loggers = new Map<LogCategory, Logger>();
  return {
    for(category) {
      const known = loggers.get(category);
      if (known) return known;
      const made = root.child({ category }, { level: debug.has(category) ? "debug" : "info" });
      loggers.set(category, made);
      return made;
    },
    flush: () => destination.flushSync(),
  };
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** For tests and tools that want no log. */
export const silentLog: Log = { for: () => silent, flush() {} };
