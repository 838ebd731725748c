/**
 * One request of the window as one request to the loopback API, with the token added, so that the page never holds a
 * credential. No Electron here, and no route is known.
 */
import type { ReadableStream as WebStream } from "node:stream/web";
import { APP_ORIGIN, isAppUrl } from "./address.ts";
import { callHost, type HostAddress } from "./host-client.ts";

/** What the page may say to the API. All else is left out: its cookies, its origin, and above all its own credentials. */
const PASSED_ON = new Set([
  "accept",
  "accept-language",
  "content-type",
  "idempotency-key",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "last-event-id",
  "range",
]);

/** What concerns one connection only and must not travel further. */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-authenticate", "trailer", "transfer-encoding", "upgrade"];

/** Answer the page from the host. Never rejects: an engine that is away is an answer too. */
export async function forward(host: HostAddress, request: Request): Promise<Response> {
  if (!isAppUrl(request.url)) return plain(404, "There is nothing at this address.");
  if (!fromTheApp(request)) return plain(403, "Only the app's own pages may ask for this.");
  const { pathname, search } = new URL(request.url);
  try {
    const response = await callHost(host, {
      method: request.method,
      path: pathname + search,
      // The page and the API are one origin to the person, and the run's record says that it was started from the page.
      headers: { ...passedOn(request.headers), "sec-fetch-site": "same-origin" },
      body: request.body as WebStream<Uint8Array> | null,
      signal: request.signal,
    });
    for (const name of HOP_BY_HOP) response.headers.delete(name);
    return response;
  } catch {
    return Response.json(
      {
        detail: "The engine is not answering.",
        code: "engine_unreachable",
        hint: "It is started again by itself; try once more in a moment.",
      },
      { status: 502 },
    );
  }
}

/** Electron tells who asked. It says nothing for what the browser itself starts, such as the window's first page. */
function fromTheApp(request: Request): boolean {
  const initiator = (request as { initiatorOrigin?: unknown }).initiatorOrigin;
  return initiator === undefined || initiator === APP_ORIGIN;
}

function passedOn(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => PASSED_ON.has(name)));
}

function plain(status: number, text: string): Response {
  return new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}
