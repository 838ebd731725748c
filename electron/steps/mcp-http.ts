/**
 * The web's fetch, made of our own sender, for a tool server behind an address: so the policy, the caps and the vetted
 * addresses hold for it as for every other request. Only what the tool protocol needs of fetch is here.
 */
import type { StepContext } from "./step-type.ts";

export type PolicyFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Statuses whose answers have no body by definition. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Redirects are left to the caller, who follows them within one origin and asks here again for each. */
export function policyFetch(context: StepContext<unknown>, timeoutMs: number): PolicyFetch {
  return (url, init = {}) =>
    new Promise((resolve, reject) => {
      const headers = Object.fromEntries(new Headers(init.headers));
      const isListening = init.method === "GET" && !("last-event-id" in headers);
      // A standing line for what the server might say unasked. One call needs none, and 405 is how to do without.
      if (isListening) return resolve(new Response(null, { status: 405 }));

      const unread = new AbortController();
      let body: ReadableStreamDefaultController<Uint8Array> | null = null;
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          body = controller;
        },
        cancel: () => unread.abort(),
      });
      let isAnswered = false;
      context.http
        .send({
          url: String(url),
          method: init.method ?? "GET",
          headers,
          body: typeof init.body === "string" ? init.body : undefined,
          timeoutMs,
          maxBytes: MAX_ANSWER_BYTES,
          maxRedirects: 0,
          signal: AbortSignal.any([unread.signal, ...(init.signal ? [init.signal] : [])]),
          onChunk(chunk, head) {
            if (!isAnswered) resolve(new Response(stream, head));
            isAnswered = true;
            if (!unread.signal.aborted) body?.enqueue(chunk);
          },
        })
        .then(
          (response) => {
            if (!isAnswered) return resolve(wholeResponse(response));
            if (!unread.signal.aborted) body?.close();
          },
          (error: unknown) => {
            if (!isAnswered) reject(error);
            else if (!unread.signal.aborted) body?.error(error);
          },
        );
    });
}

const wholeResponse = ({
  status,
  headers,
  body,
}: {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}) => new Response(BODILESS.has(status) ? null : Buffer.from(body), { status, headers });
