/** Why a request got no usable answer: a code for the caller to act on, a sentence, and a hint. */

export type HttpErrorCode =
  | "blocked_egress"
  | "offline"
  | "timeout"
  | "response_too_large"
  | "redirects_exceeded"
  | "http_error"
  | "cancelled";

export class HttpError extends Error {
  readonly code: HttpErrorCode;
  readonly hint: string | undefined;
  /** For `blocked_egress`: the policy's own reason. */
  readonly reason: string | undefined;

  constructor(code: HttpErrorCode, message: string, extra: { hint?: string; reason?: string; cause?: unknown } = {}) {
    super(message, { cause: extra.cause });
    this.name = "HttpError";
    this.code = code;
    this.hint = extra.hint;
    this.reason = extra.reason;
  }
}
