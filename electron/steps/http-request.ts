/** What the http and webhook steps share: the config of a request, sending it, and judging the answer. */
import { z } from "zod";
import { HttpError } from "../net/http-error.ts";
import type { HttpRequest, HttpResponse } from "../net/http-sender.ts";
import { signatureHeaders } from "../net/signing.ts";
import { asText } from "./fields.ts";
import { failed, type Outputs, ok, type StepContext, StepError, type StepResult } from "./step-type.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

export const requestFields = {
  headers: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .default({})
    .describe("Sent along; secrets belong here, as {{ secrets.name }}"),
  body: z.unknown().optional().describe("Sent as JSON; text is sent as it is; for GET its fields become the query"),
  data: z.unknown().optional().describe("Another name for body"),
  timeout_seconds: z.number().positive().max(3600).default(10).describe("For the whole exchange, redirects included"),
  max_redirects: z.int().min(0).max(20).default(5),
  max_bytes: z
    .int()
    .min(1)
    .max(256 * 1024 * 1024)
    .default(4 * 1024 * 1024)
    .describe("A larger answer is an error"),
  egress_policy: z
    .strictObject({
      allowlist: z.array(z.string()).optional(),
      denylist: z.array(z.string()).optional(),
      block_private: z.boolean().optional(),
    })
    .optional()
    .describe("Narrows for this step what the settings allow"),
  signing: z
    .union([
      z.literal(false),
      z.strictObject({
        type: z.literal("hmac-sha256"),
        secret_ref: z.string().regex(/^[A-Za-z_]\w*$/, "must be the name of a secret"),
      }),
    ])
    .optional()
    .describe("Sign timestamp and body with a named secret"),
  save_response_json: z.boolean().default(false).describe("Keep a JSON answer as response.json"),
  save_response_body: z.boolean().default(false).describe("Keep the answer as a file, whatever it is"),
};

export const method = z.preprocess(
  (value) => (typeof value === "string" ? value.toUpperCase() : value),
  z.enum(METHODS),
);

const shape = z.strictObject({ url: z.string(), method, follow_redirects: z.boolean(), ...requestFields });
export type RequestConfig = z.output<typeof shape>;

/** Sends the request. An answer of 400 and more is a failure, retryable only where trying again can help. */
export async function exchange(context: StepContext<unknown>, config: RequestConfig): Promise<StepResult> {
  const request = await requestOf(context, config);
  if (context.testMode) return ok({ dispatched: false, test_mode: true });
  try {
    return await judged(await context.http.send(request), context, config);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.code === "cancelled") return { status: "cancelled" };
    return failed(error.code, error.message, {
      hint: error.hint,
      retryable: error.code !== "response_too_large" && error.code !== "redirects_exceeded",
      outputs: {
        dispatched: false,
        error: error.code === "timeout" ? TIMED_OUT : error.code,
        ...(error.reason ? { reason: error.reason } : {}),
      },
    });
  }
}

/** The words that the clients of this step type look for. */
const TIMED_OUT = "Workflow webhook dispatch timed out";

async function requestOf(context: StepContext<unknown>, config: RequestConfig): Promise<HttpRequest> {
  const content = config.body ?? config.data;
  const inQuery = config.method === "GET" || config.method === "HEAD";
  const body = inQuery || content === undefined ? undefined : asBody(content);
  const headers = Object.fromEntries(
    Object.entries(config.headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  if (body !== undefined) headers["content-type"] ??= isJson(body) ? "application/json" : "text/plain; charset=utf-8";
  if (!inQuery) headers["idempotency-key"] ??= context.idempotencyKey;
  const signed = config.signing ? await signature(context, config.signing.secret_ref, body ?? "") : {};
  const { allowlist, denylist, block_private: blockPrivate } = config.egress_policy ?? {};
  return {
    url: inQuery ? withQuery(config.url, content) : config.url,
    method: config.method,
    headers: { ...headers, ...signed },
    body,
    timeoutMs: Math.ceil(config.timeout_seconds * 1000),
    maxBytes: config.max_bytes,
    maxRedirects: config.follow_redirects ? config.max_redirects : 0,
    policy: config.egress_policy && { allowlist, denylist, blockPrivate },
    signal: context.signal,
  };
}

const asBody = (content: unknown): string => (typeof content === "string" ? content : JSON.stringify(content));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Plain text is as welcome.
    return false;
  }
}

function withQuery(url: string, content: unknown): string {
  if (typeof content !== "object" || content === null || !URL.canParse(url)) return url;
  const full = new URL(url);
  for (const [name, value] of Object.entries(content)) full.searchParams.append(name, asText(value));
  return full.href;
}

async function signature(
  context: StepContext<unknown>,
  secretRef: string,
  body: string,
): Promise<Record<string, string>> {
  const secret = await context.render(`{{ secrets.${secretRef} }}`);
  if (typeof secret !== "string" || secret === "") {
    throw new StepError("missing_signing_secret", `There is no secret named ${secretRef}.`, {
      hint: "Add it under Settings > Secrets.",
      retryable: false,
    });
  }
  return signatureHeaders(secret, Math.floor(context.clock.now() / 1000), body);
}

async function judged(
  response: HttpResponse,
  context: StepContext<unknown>,
  config: RequestConfig,
): Promise<StepResult> {
  const outputs: Outputs = { dispatched: true, status_code: response.status, ...contentOf(response) };
  if (response.status >= 400) {
    return failed("http_error", `The server answered ${response.status}.`, {
      retryable: mayHelp(response.status),
      retryAfterMs: retryAfterMs(response.headers["retry-after"], context.clock.now()),
      outputs: { error: "http_error", ...outputs },
    });
  }
  const isJsonAnswer = "response_json" in outputs;
  if (!config.save_response_body && !(config.save_response_json && isJsonAnswer)) return ok(outputs);
  const artifact = await context.artifacts.add({
    name: isJsonAnswer ? "response.json" : "response.txt",
    type: "data",
    mimeType: isJsonAnswer ? "application/json" : (response.headers["content-type"] ?? "application/octet-stream"),
    content: response.body,
  });
  return ok({ ...outputs, artifact });
}

function contentOf(response: HttpResponse): Outputs {
  const text = new TextDecoder().decode(response.body);
  const type = response.headers["content-type"] ?? "";
  if (/\bjson\b/i.test(type) && isJson(text)) return { content_type: type, response_json: JSON.parse(text) };
  return { content_type: type, response_text: text };
}

/** True if a server that answers so may answer better another time. */
export const mayHelp = (status: number): boolean => status >= 500 || status === 408 || status === 425 || status === 429;

/** Milliseconds from a Retry-After header, which is a number of seconds or a date. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}
