/**
 * Hands one mail to an SMTP server. The server's address is judged by the same policy as any web address, and only a
 * vetted address is connected to. The socket is ours, so that a cancel ends it at once.
 */
import { connect, isIP, type Socket } from "node:net";
import { pinnedLookup } from "../net/pinned-lookup.ts";
import { type StepContext, StepError } from "./step-type.ts";

export interface Mail {
  from: string;
  to: string[];
  cc: string[];
  bcc: string[];
  subject: string;
  body: string;
  isHtml: boolean;
  attachments: { filename: string; content: Buffer }[];
  messageId: string;
}

export interface SmtpServer {
  host: string;
  port: number;
  auth: { user: string; password: string } | null;
  tls: "auto" | "tls" | "starttls" | "none";
  timeoutMs: number;
}

export interface Delivered {
  accepted: string[];
  rejected: string[];
  messageId: string;
}

/** Submission with TLS from the start, with STARTTLS, and from server to server. */
const MAIL_PORTS = [465, 587, 25];

/** Throws StepErrors `blocked_egress`, `offline`, `timeout`, `smtp_failed`. */
export async function deliver(context: StepContext<unknown>, server: SmtpServer, mail: Mail): Promise<Delivered> {
  const late = new AbortController();
  const cancelTimer = context.clock.after(server.timeoutMs, () => late.abort());
  const signal = AbortSignal.any([context.signal, late.signal]);
  try {
    const { host, port } = server;
    const addresses = await context.http.vet({ host, port, homePorts: MAIL_PORTS, signal });
    const socket = await connected(server, addresses, signal);
    try {
      return await handOver(socket, server, mail);
    } finally {
      socket.destroy();
    }
  } catch (error) {
    if (!late.signal.aborted) throw explained(error, server);
    throw new StepError("timeout", `The mail was not taken within ${server.timeoutMs / 1000} s.`, {
      hint: "Raise timeout_seconds. The server may have taken it all the same.",
      outputs: { error: "timeout", sent: false },
    });
  } finally {
    cancelTimer();
  }
}

function connected({ host, port }: SmtpServer, addresses: string[], signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, lookup: pinnedLookup(addresses) });
    const stop = () => socket.destroy(new Error("The connection was given up."));
    signal.addEventListener("abort", stop, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", stop));
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
    if (signal.aborted) stop();
  });
}

async function handOver(
  socket: Socket,
  { host, port, auth, tls, timeoutMs }: SmtpServer,
  mail: Mail,
): Promise<Delivered> {
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    connection: socket,
    host,
    port,
    secure: tls === "tls" || (tls === "auto" && port === 465),
    ignoreTLS: tls === "none",
    // A password never goes over a line that anyone can read, unless the person wrote `none`.
    requireTLS: tls === "starttls" || (tls === "auto" && (port !== 25 || auth !== null)),
    tls: isIP(host) ? {} : { servername: host },
    auth: auth ? { user: auth.user, pass: auth.password } : undefined,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  const { attachments, body, isHtml, ...rest } = mail;
  const info = await transport.sendMail({
    ...rest,
    [isHtml ? "html" : "text"]: body,
    attachments,
    // What the mail holds was read before; nothing written in it may make the library fetch or read more.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const names = (list: readonly (string | { address: string })[]): string[] =>
    list.map((one) => (typeof one === "string" ? one : one.address));
  return { accepted: names(info.accepted), rejected: names(info.rejected), messageId: info.messageId };
}

const OFFLINE: ReadonlySet<string> = new Set(["ENETUNREACH", "ENETDOWN", "EHOSTUNREACH"]);

const HINTS: Readonly<Record<string, string>> = {
  EAUTH: "Check smtp_user and secret_ref; many providers want a password made for one app.",
  ETLS: "Try tls: tls on port 465. tls: none is for a server on this machine.",
  ECONNREFUSED: "Nothing listens there; check smtp_host and smtp_port.",
  EENVELOPE: "Check the addresses.",
};

/** What the library or the system says, in our codes. A server's 4xx may pass; its 5xx will not. */
function explained(error: unknown, { host, port }: SmtpServer): unknown {
  if (error instanceof StepError || !(error instanceof Error) || error.name === "HttpError") return error;
  const { code = "", responseCode } = error as { code?: string; responseCode?: number };
  const outputs = { sent: false, ...(responseCode ? { status_code: responseCode } : {}) };
  if (OFFLINE.has(code)) {
    return new StepError("offline", "The network is not reachable.", { outputs: { error: "offline", ...outputs } });
  }
  const isFinal = responseCode ? responseCode >= 500 : code === "EAUTH" || code === "ETLS" || code === "EENVELOPE";
  return new StepError("smtp_failed", `${host}:${port} did not take the mail: ${error.message}`, {
    hint: HINTS[code],
    retryable: !isFinal,
    outputs: { error: "smtp_failed", ...outputs },
  });
}
