/**
 * Who may come in. Every web page in every browser of this machine can reach a loopback port, so a request is judged by
 * its Host, its origin, its path and its token before anything else looks at it. Pure: headers in, a refusal out.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { AppError } from "../lib/app-error.ts";

export interface Asked {
  method: string;
  /** The request target as it came, undecoded. */
  target: string;
  headers: IncomingHttpHeaders;
}

export interface GuardRules {
  port: number;
  token: string;
  /** Is there a ticket for exactly this target? */
  ticketOpens(target: string): boolean;
}

/** Bytes of a body. Imports, which may be bigger, will stream. */
export const BODY_LIMIT = 32 * 1024 * 1024;

const HEALTH_PATHS = new Set(["/healthz", "/readyz", "/api/v1/healthz", "/api/v1/readyz"]);
const READING = new Set(["GET", "HEAD"]);
export const BODY_TYPES = /^application\/(json|yaml)$/;

/** Throws AppError when the request is refused; the order of the rules is the order of the answers. */
export function admit(asked: Asked, rules: GuardRules): void {
  requireOurHost(asked.headers, rules.port);
  requireOurOrigin(asked.headers, rules.port);
  requirePlainPath(asked.target);
  requireToken(asked, rules);
  requireKnownBody(asked);
}

/** Without this, a page under another name that resolves to 127.0.0.1 counts as the same origin (DNS rebinding). */
function requireOurHost({ host }: IncomingHttpHeaders, port: number): void {
  if (host !== undefined && hostsOf(port).includes(host.toLowerCase())) return;
  throw new AppError("misdirected", "This server answers only under its own name.", {
    hint: `Use http://127.0.0.1:${port}.`,
  });
}

function requireOurOrigin(headers: IncomingHttpHeaders, port: number): void {
  const { origin, "sec-fetch-site": site } = headers;
  const ours = origin === undefined || hostsOf(port).some((host) => origin === `http://${host}`);
  const near = site === undefined || site === "same-origin" || site === "none";
  if (ours && near) return;
  throw new AppError("forbidden_origin", "Requests from other web pages are not answered.");
}

const hostsOf = (port: number): string[] => [`127.0.0.1:${port}`, `localhost:${port}`];

/**
 * A separator or a dot segment that hides behind percent-encoding means one thing to a router and another to a file
 * system. No route of ours needs one, so none is let through.
 */
function requirePlainPath(target: string): void {
  if (isPlainPath(pathOfTarget(target))) return;
  throw new AppError("invalid_path", "The path holds an encoded separator or a dot segment.", {
    hint: "Send the path in its plain form.",
  });
}

function isPlainPath(path: string): boolean {
  if (!path.startsWith("/") || path.includes("//") || /\\|%2f|%5c/i.test(path)) return false;
  try {
    const segments = path.split("/").map(decodeURIComponent);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    return segments.every((segment) => segment !== "." && segment !== ".." && !/[\u0000-\u001f\u007f]/.test(segment));
  } catch {
    return false;
  }
}

export const pathOfTarget = (target: string): string => target.split("?", 1)[0] ?? target;

function requireToken({ method, target, headers }: Asked, { token, ticketOpens }: GuardRules): void {
  const sent = tokensIn(headers);
  if (sent.some((candidate) => sameText(candidate, token))) return;
  if (sent.length === 0 && isOpen(method, pathOfTarget(target))) return;
  if (sent.length === 0 && method === "GET" && hasTicket(target)) {
    if (ticketOpens(target)) return;
    throw new AppError("ticket_expired", "This address is no longer valid.", { hint: "Ask for it again in the app." });
  }
  throw new AppError("unauthorized", "A valid token is needed.", {
    hint: "Send the header Authorization: Bearer <token>; the token is in server.json in the data folder.",
  });
}

/** The page and its files hold no data; health answers without detail. */
function isOpen(method: string, path: string): boolean {
  if (!READING.has(method)) return false;
  if (HEALTH_PATHS.has(path)) return true;
  return path !== "/api" && !path.startsWith("/api/") && path !== "/metrics";
}

export const hasTicket = (target: string): boolean => /[?&]ticket=/.test(target);

/** The tokens that a request brings. Those of an admitted request hold a valid one if there are any. */
export function tokensIn(headers: IncomingHttpHeaders): string[] {
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  const key = headers["x-api-key"];
  // An Authorization header of another kind is a wrong token, not a missing one.
  return [headers.authorization === undefined ? undefined : (bearer ?? ""), key]
    .flat()
    .filter((value) => value !== undefined);
}

/** Equal digests instead of equal texts: takes as long for a near miss as for a far one, whatever the lengths. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function requireKnownBody({ method, headers }: Asked): void {
  if (READING.has(method) || !hasBody(headers)) return;
  if (!BODY_TYPES.test(mediaTypeOf(headers))) {
    throw new AppError("unsupported_media_type", "Bodies are application/json; definitions may be application/yaml.");
  }
  if (Number(headers["content-length"] ?? 0) > BODY_LIMIT) throw bodyTooLarge();
}

export const bodyTooLarge = (): AppError =>
  new AppError("body_too_large", `A request may hold ${BODY_LIMIT / 1024 / 1024} MB at most.`);

export const hasBody = (headers: IncomingHttpHeaders): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

/** The media type alone, lower-case: `application/json; charset=utf-8` is `application/json`. */
export const mediaTypeOf = (headers: IncomingHttpHeaders): string =>
  (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
