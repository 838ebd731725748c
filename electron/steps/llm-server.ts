/**
 * How a step reaches an OpenAI-compatible server: where it is, its key, and what its refusals mean. No prompts here.
 * The policy for what may be reached holds for a model server as for any other; one on this machine must be allowed.
 */
import { z } from "zod";
import type { HttpError } from "../net/http-error.ts";
import type { HttpRequest, HttpResponse } from "../net/http-sender.ts";
import { mayHelp, retryAfterMs } from "./http-request.ts";
import { namedSecret, SECRET_NAME } from "./named-secret.ts";
import { asStepError } from "./network-failure.ts";
import { type StepContext, StepError } from "./step-type.ts";

export const serverFields = {
  base_url: z
    .string()
    .min(1)
    .optional()
    .describe("An OpenAI-compatible server, e.g. http://127.0.0.1:11434/v1; the one of the settings if not given"),
  secret_ref: z.string().regex(SECRET_NAME, "must be the name of a secret").optional().describe("The key's name"),
  timeout_seconds: z.number().positive().max(3600).default(120).describe("For one complete answer"),
};

const shape = z.object(serverFields);
export type ServerConfig = z.output<typeof shape>;

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Posts JSON to `path` below the base address. Any answer but a success is thrown as a StepError. */
export async function askServer(
  context: StepContext<unknown>,
  config: ServerConfig,
  { path, body, onChunk }: { path: string; body: unknown; onChunk?: HttpRequest["onChunk"] },
): Promise<HttpResponse> {
  const url = `${baseUrl(context, config)}${path}`;
  const key = config.secret_ref === undefined ? null : await namedSecret(context, config.secret_ref);
  const request: HttpRequest = {
    url,
    method: "POST",
    headers: { "content-type": "application/json", ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(body),
    timeoutMs: Math.ceil(config.timeout_seconds * 1000),
    maxBytes: MAX_ANSWER_BYTES,
    maxRedirects: 0,
    signal: context.signal,
    onChunk,
  };
  const response = await context.http.send(request).catch((error: unknown) => {
    throw asStepError(error, (known) => hintFor(known, url));
  });
  if (response.status >= 300) throw refusedBy(response, context.clock.now());
  return response;
}

function baseUrl(context: StepContext<unknown>, config: ServerConfig): string {
  const written = config.base_url ?? context.llm?.baseUrl ?? null;
  if (written === null) {
    throw new StepError("llm_not_configured", "No model server is set.", {
      hint: "Set base_url in the step, llm.base_url in Settings, or WORKFLOWS_LLM_BASE_URL, e.g. http://127.0.0.1:11434/v1.",
      retryable: false,
    });
  }
  const base = written.trim().replace(/\/+$/, "");
  // A bare host is what people write; every server of this kind has its routes under /v1.
  return URL.canParse(base) && new URL(base).pathname === "/" ? `${base}/v1` : base;
}

function hintFor(error: HttpError, url: string): string | undefined {
  if (error.reason !== "address_forbidden" && error.reason !== "port_not_allowed") return undefined;
  const port = URL.canParse(url) ? new URL(url).port : "";
  return error.reason === "port_not_allowed"
    ? `Add ${port} to WORKFLOWS_EGRESS_ALLOWED_PORTS.`
    : "WORKFLOWS_EGRESS_BLOCK_PRIVATE=false opens this machine and its network to all steps.";
}

const HINTS: Readonly<Record<number, string>> = {
  401: "Does secret_ref name the right key?",
  403: "Does secret_ref name a key that may use this model?",
  404: "Does the server know this model, and does base_url end in /v1?",
};

function refusedBy(response: HttpResponse, now: number): StepError {
  const said = wordsOf(response);
  return new StepError("http_error", `The model server answered ${response.status}${said ? `: ${said}` : "."}`, {
    hint: HINTS[response.status],
    retryable: mayHelp(response.status),
    retryAfterMs: retryAfterMs(response.headers["retry-after"], now),
    outputs: { error: "http_error", status_code: response.status },
  });
}

const SAID_LENGTH = 300;
/** Some servers put a sentence where others put an object. */
export const WireError = z.union([z.string(), z.object({ message: z.string() })]);
const Refusal = z.object({ error: WireError });

export const wordsOfError = (error: z.output<typeof WireError>): string =>
  (typeof error === "string" ? error : error.message).slice(0, SAID_LENGTH);

/** The server's own sentence, if its answer has one. */
function wordsOf({ body }: HttpResponse): string {
  const refusal = Refusal.safeParse(jsonOf(new TextDecoder().decode(body)));
  return refusal.success ? wordsOfError(refusal.data.error) : "";
}

/** What a text says as JSON; undefined if it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not being JSON is an answer here; whoever asks says what that means.
    return undefined;
  }
}

/** A server answered with a success that cannot be understood. Worth another try: models and proxies have bad moments. */
export const answerInvalid = (why: string): StepError =>
  new StepError("llm_answer_invalid", `The model server's answer cannot be used: ${why}`, {
    hint: "Is base_url an OpenAI-compatible server?",
    outputs: { error: "llm_answer_invalid" },
  });
