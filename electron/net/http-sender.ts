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
  /**
   * Hears the answer's body as it comes, and still gets it whole at the end; the caps hold all the same. Not called for
   * a redirect that is followed, nor for a body that came packed. It must not throw.
   */
  onChunk?: (chunk: Uint8Array, head: ResponseHead) => void;
}

export interface ResponseHead {
  status: number;
  headers: Record<string, string>;
}

export interface HttpResponse extends ResponseHead {
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
  /**
   * For a protocol that is not HTTP: the addresses of a host that the same policy lets this machine connect to, and no
   * others. Throws like `send`, with `blocked_egress`, `offline` or `cancelled`.
   */
  vet(target: ConnectTarget): Promise<string[]>;
}

export interface ConnectTarget {
  host: string;
  port: number;
  /** Ports at which this protocol is at home: open as long as the person has set no ports of their own. */
  homePorts?: readonly number[];
  signal?: AbortSignal;
}
