/**
 * Calls from the shell to the host's loopback API. Node's own HTTP, because Electron's `net.fetch` keeps a stream open
 * after its reader has gone (electron#47097) and six such leftovers stop every further request, and because the global
 * `fetch` gives up on an answer that takes more than five minutes, as a backup may.
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";
import type { HostReady } from "../host/host.ts";

export type HostAddress = Pick<HostReady, "url" | "token">;

export interface HostRequest {
  method: string;
  /** Path and query, beginning with a slash. */
  path: string;
  headers?: Record<string, string>;
  body?: string | WebStream<Uint8Array> | null;
  signal?: AbortSignal;
}

const NO_BODY = new Set([101, 103, 204, 205, 304]);

/** Send one request with the host's token. Resolves when the headers are here; the body streams. */
export function callHost(host: HostAddress, { method, path, headers, body, signal }: HostRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(new URL(path, host.url), {
      method,
      headers: { ...headers, authorization: `Bearer ${host.token}` },
      signal,
      agent: false,
    });
    request.once("error", reject);
    request.once("response", (answer) => resolve(responseOf(answer)));
    if (body === undefined || body === null || typeof body === "string") request.end(body ?? undefined);
    else {
      const source = Readable.fromWeb(body);
      source.once("error", (error) => request.destroy(error));
      source.pipe(request);
    }
  });
}

/** A JSON request. Resolves with the status and the parsed answer; rejects when there is no answer. */
export async function callHostJson(
  host: HostAddress,
  { method, path, json, signal }: { method: string; path: string; json?: unknown; signal?: AbortSignal },
): Promise<{ ok: boolean; status: number; body: unknown }> {
  const answer = await callHost(host, {
    method,
    path,
    signal,
    headers: json === undefined ? {} : { "content-type": "application/json" },
    body: json === undefined ? null : JSON.stringify(json),
  });
  return { ok: answer.ok, status: answer.status, body: await answer.json() };
}

function responseOf(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 502;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headersDistinct)) {
    for (const each of value ?? []) headers.append(name, each);
  }
  if (NO_BODY.has(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  // Cancelling the web stream destroys the message and with it the connection: a page that leaves ends its stream.
  return new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array>, { status, headers });
}
