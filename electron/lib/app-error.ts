/** An error with a code for machines, a sentence for people, a hint at what to do, and its cause for us. */
import type { Problem } from "../../shared/error.ts";
import { type ErrorCode, REQUEST_ERRORS } from "../../shared/error-codes.ts";

export interface AppErrorExtra {
  hint?: string;
  cause?: unknown;
  /** All that is wrong with the input, each with its path. Sent as `detail`. */
  problems?: Problem[];
  /** Commands that wait for consent. */
  commands?: string[];
  retryAfterSeconds?: number;
}

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly extra: AppErrorExtra;

  constructor(code: ErrorCode, message: string, extra: AppErrorExtra = {}) {
    super(message, { cause: extra.cause });
    this.name = "AppError";
    this.code = code;
    this.extra = extra;
  }

  get hint(): string | undefined {
    return this.extra.hint;
  }
}

/** The HTTP status an error travels under; anything we did not foresee is a 500. */
export function statusOf(error: unknown): number {
  if (!(error instanceof AppError)) return 500;
  return (REQUEST_ERRORS as Record<string, number>)[error.code] ?? 500;
}

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
