/**
 * The HTTP sender, on undici. Each hop is judged by the egress policy and then connected to a vetted address only, so a
 * name that resolves differently a moment later gains nothing. What a workflow sends and why is not known here.
 */
import { lookup as dnsLookup } from "node:dns/promises";
import type { Dispatcher } from "undici";
import { decodeBody } from "./decode-body.ts";
import {
  type EgressDecision,
  type EgressReason,
  evaluateEgress,
  evaluateTarget,
  type Resolve,
} from "./egress-policy.ts";
import { type EgressSettings, withHomePorts } from "./egress-settings.ts";
import { HttpError } from "./http-error.ts";
import type { HttpRequest, HttpResponse, HttpSender, ResponseHead } from "./http-sender.ts";
import { pinnedLookup } from "./pinned-lookup.ts";

export interface SenderOptions {
  /** Read for every hop, so that a changed setting holds at once. */
  settings: () => EgressSettings;
  resolve?: Resolve;
}

/** Every address the system knows for a name, by the same path as other programs (hosts file included). */
export const systemResolve: Resolve = async (host) =>
  (await dnsLookup(host, { all: true, verbatim: true })).map((found) => found.address);

export function createUndiciSender({ settings, resolve = systemResolve }: SenderOptions): HttpSender {
  return {
    async send(request) {
      const timeout = AbortSignal.timeout(request.timeoutMs);
      const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
      try {
        return await follow(request, settings, (host) => untilAborted(resolve(host), signal), signal);
      } catch (error) {
        throw explained(error, request, timeout);
      }
    },

    async vet({ host, port, homePorts = [], signal }) {
      const within = signal ?? new AbortController().signal;
      const decision = await evaluateTarget({ host, port }, withHomePorts(settings(), homePorts), (name) =>
        untilAborted(resolve(name), within),
      );
      if (within.aborted) throw new HttpError("cancelled", "The connection was cancelled.");
      if (!decision.allowed) throw refusal(decision, `${host}:${port}`);
      return decision.addresses;
    },
  };
}

async function follow(
  request: HttpRequest,
  settings: () => EgressSettings,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<HttpResponse> {
  let hop = request;
  for (let redirects = 0; ; redirects++) {
    signal.throwIfAborted();
    const decision = await evaluateEgress(hop.url, narrowed(settings(), request.policy), resolve);
    if (!decision.allowed) throw refusal(decision, targetOf(hop.url));
    const response = await sendOnce(hop, decision.addresses, signal);
    const location = response.headers.location;
    if (!location || !isFollowed(response, request)) return response;
    if (redirects >= request.maxRedirects) {
      throw new HttpError("redirects_exceeded", `The server redirected more than ${request.maxRedirects} times.`, {
        hint: "Use the final address, or raise max_redirects.",
      });
    }
    hop = redirected(hop, response.status, location);
  }
}

async function sendOnce(hop: HttpRequest, addresses: string[], signal: AbortSignal): Promise<HttpResponse> {
  // Loaded with the first request: most runs never send one, and the start should not wait for it.
  const { Agent, request } = await import("undici");
  const agent = new Agent({ connect: { lookup: pinnedLookup(addresses) } });
  try {
    const answer = await request(hop.url, {
      dispatcher: agent,
      method: hop.method as Dispatcher.HttpMethod,
      headers: { "user-agent": "Workflows-Desktop", "accept-encoding": "identity", ...lowerCased(hop.headers) },
      body: hop.body ?? null,
      signal,
      headersTimeout: hop.timeoutMs,
      bodyTimeout: hop.timeoutMs,
    });
    const headers = flat(answer.headers);
    const head = { status: answer.statusCode, headers };
    const isHeard = hop.onChunk && !headers["content-encoding"] && !isFollowed(head, hop);
    const raw = await readCapped(answer.body, hop.maxBytes, (chunk) => isHeard && hop.onChunk?.(chunk, head));
    return {
      ...head,
      body: await decodeBody(raw, headers["content-encoding"], hop.maxBytes),
      url: hop.url,
    };
  } finally {
    // Not awaited: a body given up half-way would hold this until the server is done.
    void agent.destroy();
  }
}

async function readCapped(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  heard: (chunk: Uint8Array) => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
    heard(chunk);
  }
  return Buffer.concat(chunks);
}

const tooLarge = (maxBytes: number): HttpError =>
  new HttpError("response_too_large", `The answer is larger than ${maxBytes} bytes.`, {
    hint: "Raise max_bytes if that is expected.",
  });

const isFollowed = ({ status, headers }: ResponseHead, { maxRedirects }: HttpRequest): boolean =>
  [301, 302, 303, 307, 308].includes(status) && Boolean(headers.location) && maxRedirects > 0;

/** What may go along to another origin: nothing that could carry a credential, whatever its name. */
const SAFE_ACROSS_ORIGINS: ReadonlySet<string> = new Set(["accept", "accept-language", "user-agent", "content-type"]);

function redirected(hop: HttpRequest, status: number, location: string): HttpRequest {
  if (!URL.canParse(location, hop.url))
    throw new HttpError("http_error", "The server redirected to something that is not a URL.");
  const next = new URL(location, hop.url);
  const dropsBody =
    hop.method !== "HEAD" && (status === 303 || ((status === 301 || status === 302) && hop.method === "POST"));
  const sameOrigin = next.origin === new URL(hop.url).origin;
  const headers = Object.entries(lowerCased(hop.headers)).filter(
    ([name]) => (sameOrigin || SAFE_ACROSS_ORIGINS.has(name)) && !(dropsBody && name.startsWith("content-")),
  );
  return {
    ...hop,
    url: next.href,
    headers: Object.fromEntries(headers),
    method: dropsBody ? "GET" : hop.method,
    body: dropsBody ? undefined : hop.body,
  };
}

/** A request's own policy can only narrow what the settings allow. */
function narrowed(settings: EgressSettings, policy: HttpRequest["policy"]): EgressSettings {
  if (!policy) return settings;
  const own = { source: "the step's egress_policy", allow: policy.allowlist ?? [], deny: policy.denylist ?? [] };
  return {
    ...settings,
    lists: [...settings.lists, own],
    blockPrivate: settings.blockPrivate || policy.blockPrivate === true,
    localTargets: policy.blockPrivate === true ? [] : settings.localTargets,
  };
}

/** Host and port; what has no host, such as a file's URL, is named by its scheme, for its path may be private. */
function targetOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url ? url.host || `the ${url.protocol} URL` : "this URL";
}

/** What is wrong with the URL itself is mended there; the rest is a matter of the policy. */
const REFUSAL_HINTS: Readonly<Partial<Record<EgressReason, string>>> = {
  invalid_url: "Give a whole URL, such as https://example.com/.",
  unsupported_scheme: "Give an http or https URL; file_read reads a file on this machine.",
  userinfo_not_allowed: "Keep the name and password in a secret, and send them in a header.",
  port_not_allowed: "WORKFLOWS_EGRESS_ALLOWED_PORTS lists the ports that may be reached.",
  address_forbidden: "WORKFLOWS_EGRESS_BLOCK_PRIVATE=false opens this machine and its network to all steps.",
};

const POLICY_HINT =
  "WORKFLOWS_EGRESS_ALLOWLIST, WORKFLOWS_EGRESS_ALLOWED_PORTS and WORKFLOWS_EGRESS_BLOCK_PRIVATE say what may be reached.";

/** `target`: as a person would name it, host and port where it has them. */
function refusal(decision: EgressDecision, target: string): HttpError {
  const why = decision.rules.at(-1)?.detail ?? "";
  if (decision.reason_code === "dns_unresolved") {
    return new HttpError("offline", why, { reason: "dns_unresolved", hint: "Check the host's name and the network." });
  }
  return new HttpError("blocked_egress", `The request to ${target} was not sent. ${why}`, {
    reason: decision.reason_code ?? undefined,
    hint: (decision.reason_code && REFUSAL_HINTS[decision.reason_code]) ?? POLICY_HINT,
  });
}

const OFFLINE_CODES: ReadonlySet<string> = new Set([
  "ENETUNREACH",
  "ENETDOWN",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

function explained(error: unknown, request: HttpRequest, timeout: AbortSignal): HttpError {
  if (error instanceof HttpError) return error;
  if (request.signal?.aborted) return new HttpError("cancelled", "The request was cancelled.", { cause: error });
  const code = codeOf(error);
  if (timeout.aborted || code.includes("TIMEOUT") || code === "ETIMEDOUT") {
    return new HttpError("timeout", `No complete answer within ${request.timeoutMs} ms.`, {
      hint: "Raise timeout_seconds, or retry later.",
      cause: error,
    });
  }
  if (OFFLINE_CODES.has(code)) return new HttpError("offline", "The network is not reachable.", { cause: error });
  return new HttpError("http_error", `The connection failed${code ? ` (${code})` : ""}.`, {
    hint: code === "ECONNREFUSED" ? "Nothing listens there; is the other program running?" : undefined,
    cause: error,
  });
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

const lowerCased = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const flat = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(", ")]],
    ),
  );

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
