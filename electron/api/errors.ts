/** From whatever was thrown to what the client reads: `{detail, code, hint?}`. The only place that decides it. */
import { ZodError } from "zod";
import type { ErrorBody, Problem } from "../../shared/error.ts";
import { REQUEST_ERRORS } from "../../shared/error-codes.ts";
import { AppError } from "../lib/app-error.ts";

export interface ErrorAnswer {
  status: number;
  body: ErrorBody;
  headers: Record<string, string>;
  /** True when nobody foresaw it: it belongs in the log, and its text must not leave the house. */
  unforeseen: boolean;
}

/** Never throws. */
export function answerTo(error: unknown): ErrorAnswer {
  if (error instanceof ZodError) return answerTo(invalid(problemsOf(error)));
  if (!(error instanceof AppError) || !(error.code in REQUEST_ERRORS)) return unforeseen();
  const { problems, commands, retryAfterSeconds } = error.extra;
  return {
    status: REQUEST_ERRORS[error.code as keyof typeof REQUEST_ERRORS],
    body: { detail: problems ?? error.message, code: error.code, hint: error.hint, commands },
    headers: retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) },
    unforeseen: error.code === "internal_error",
  };
}

/** A request whose parts do not fit their schemas. */
export const invalid = (problems: Problem[]): AppError =>
  new AppError("validation_error", "The request does not fit.", { problems });

/** All that a schema found, each with its path written as in `steps[2].config.template`. */
export const problemsOf = (error: ZodError): Problem[] =>
  error.issues.map((issue) => ({ path: pathText(issue.path), message: issue.message, code: issue.code }));

export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? String(part) : `.${String(part)}`))
    .join("");
}

const unforeseen = (): ErrorAnswer => ({
  status: 500,
  body: {
    detail: "Something went wrong inside the app.",
    code: "internal_error",
    hint: "The log in the data folder says what; try again, and report it if it comes back.",
  },
  headers: {},
  unforeseen: true,
});
