/** One sender for everything that leaves this machine by HTTP: policy first, then size and time caps, redirects rechecked. */

export interface HttpRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  timeoutMs: number;
  maxBytes: number;
  /** 0 follows none. Each hop is judged like a first request. */
  maxRedirects: number;
  /** Hosts that this request alone allows or denies, on top of the settings; denial wins, allowances intersect. */
  policy?: { allowlist?: string[]; denylist?: string[]; blockPrivate?: boolean };
  signal?: AbortSignal;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  /** Where the answer came from after redirects. */
  url: string;
}

export interface HttpSender {
  /**
   * Any answer of the server is a response, whatever its status. Throws StepError-like errors with the codes
   * `blocked_egress`, `offline`, `timeout`, `response_too_large`, `redirects_exceeded`, `http_error`, `cancelled`.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
}
