/**
 * The loopback HTTP server: every way in for the page, scripts and the command line. It parses, asks the engine or the
 * store, and replies; no rule of a workflow and no SQL lives in this folder.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ROUTES } from "../../shared/api/routes.ts";
import { AppError } from "../lib/app-error.ts";
import { pause } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import { type ApiApp, mount, shuttingDown } from "./bind.ts";
import type { ApiDeps } from "./deps.ts";
import { answerTo } from "./errors.ts";
import { admit, hasTicket, pathOfTarget } from "./guard.ts";
import { EVERY_ANSWER } from "./page-policy.ts";
import { artifactRoutes } from "./routes/artifacts.ts";
import { bulkRoutes } from "./routes/bulk.ts";
import { controlRoutes } from "./routes/control.ts";
import { definitionRoutes } from "./routes/definitions.ts";
import { discoveryRoutes } from "./routes/discovery.ts";
import { eventRoutes } from "./routes/events.ts";
import { healthRoutes } from "./routes/health.ts";
import { operationRoutes } from "./routes/operations.ts";
import { runRoutes } from "./routes/runs.ts";
import { secretRoutes } from "./routes/secrets.ts";
import { createStatic, page } from "./static.ts";
import { createTickets, type Tickets } from "./tickets.ts";

export type { ApiDeps, ApiSettings } from "./deps.ts";

/** Answers that are being written when the server closes get this long. */
const LAST_ANSWERS_MS = 1000;

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  /** From a connection to the end of its headers, and to the end of its body. Milliseconds. */
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  /** Longer than clients keep theirs, so that none writes into a connection that is just being closed. */
  keepAliveTimeout: 65_000,
};

export interface Api {
  /** `port` 0: any free one. Rejects with Node's own error when the port is taken. */
  listen(port: number): Promise<{ url: string; port: number }>;
  /** From now on writes answer 503 `shutting_down` and readiness says no; reads and streams go on. */
  drain(): void;
  /** Stop accepting, end the streams, let answers be finished, close every connection. Safe more than once. */
  close(): Promise<void>;
}

export function createApi(deps: ApiDeps): Api {
  const closing = new AbortController();
  const tickets = createTickets(deps.clock);
  const log = deps.log.for("api");
  const app = emptyApp(deps, closing.signal);
  const hono = routesOf(app, deps, tickets, log);
  const serve = getRequestListener(hono.fetch);
  const answers = createAnswerCount();
  let port = 0;
  let closed: Promise<void> | null = null;

  const server = createServer(LIMITS, (incoming, outgoing) => {
    for (const [name, value] of Object.entries(EVERY_ANSWER)) outgoing.setHeader(name, value);
    logWhenDone(log, deps, incoming, outgoing);
    answers.add(outgoing);
    try {
      admit(
        { method: incoming.method ?? "", target: incoming.url ?? "", headers: incoming.headers },
        { port, token: deps.token, ticketOpens: tickets.opens },
      );
      if (closing.signal.aborted) throw shuttingDown();
    } catch (error) {
      refuse(incoming, outgoing, error);
      return;
    }
    void serve(incoming, outgoing);
  });

  return {
    async listen(wanted) {
      ({ port } = await listening(server, wanted));
      return { url: `http://127.0.0.1:${port}`, port };
    },
    drain() {
      app.draining = true;
    },
    close() {
      app.draining = true;
      closed ??= closeServer(server, closing, answers, deps);
      return closed;
    },
  };
}

const emptyApp = ({ safeMode, checkReplies = false }: ApiDeps, closing: AbortSignal): ApiApp => ({
  handlers: new Map(),
  safeMode,
  checkReplies,
  draining: false,
  closing,
});

function routesOf(app: ApiApp, deps: ApiDeps, tickets: Tickets, log: Logger) {
  definitionRoutes(app, deps);
  runRoutes(app, deps);
  controlRoutes(app, deps);
  bulkRoutes(app, deps);
  eventRoutes(app, deps);
  artifactRoutes(app, deps, tickets);
  discoveryRoutes(app, deps);
  operationRoutes(app, deps);
  healthRoutes(app, deps);
  secretRoutes(app, deps);

  const hono = mount(app);
  // Made when first asked for: turning every schema into JSON Schema is no work for a start.
  hono.get("/api/v1/openapi.json", async (c) => c.json(await describe(deps)));
  hono.get("/api/v1/docs", async () => page((await import("./docs-page.ts")).docsHtml(await describe(deps))));
  const files = createStatic(deps.rendererDir);
  hono.notFound(async (c) => {
    const isPage = ["GET", "HEAD"].includes(c.req.method) && !/^\/(api|metrics)(\/|$)/.test(c.req.path);
    const found = isPage ? await files({ path: c.req.path, accept: c.req.header("accept") ?? "" }) : null;
    return found ?? errorReply(c, notFound(c.req.method, c.req.path));
  });
  hono.onError((error, c) => {
    if (answerTo(error).unforeseen) log.error({ err: error, method: c.req.method, path: c.req.path }, "request failed");
    return errorReply(c, error);
  });
  return hono;
}

const describe = async ({ appVersion }: ApiDeps) => (await import("./openapi.ts")).openApiDocument(appVersion);

function errorReply(c: Context, error: unknown): Response {
  const { status, body, headers } = answerTo(error);
  return c.json(body, status as ContentfulStatusCode, headers);
}

function notFound(method: string, path: string): AppError {
  const known = ROUTES.filter((route) => new RegExp(`^${route.path.replace(/\{\w+\}/g, "[^/]+")}/?$`).test(path));
  if (known.length === 0) {
    return new AppError("not_found", `There is nothing at ${path}.`, { hint: "GET /api/v1/docs lists all routes." });
  }
  const methods = known.map((route) => route.method).join(", ");
  return new AppError("method_not_allowed", `${method} is not possible at ${path}.`, { hint: `Use ${methods}.` });
}

/** The body is read and dropped: a client that is still sending could not read the answer otherwise. */
function refuse(incoming: IncomingMessage, outgoing: ServerResponse, error: unknown): void {
  const { status, body, headers } = answerTo(error);
  incoming.resume();
  outgoing.writeHead(status, { "Content-Type": "application/json", ...headers });
  outgoing.end(JSON.stringify(body));
}

/** Paths only: queries may hold what a person searched for. Addresses with a ticket are left out altogether. */
function logWhenDone(log: Logger, { clock }: ApiDeps, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, url = "" } = incoming;
  if (hasTicket(url)) return;
  const begun = clock.monotonic();
  outgoing.once("close", () => {
    const ms = Math.round(clock.monotonic() - begun);
    log.debug({ method, path: pathOfTarget(url), status: outgoing.statusCode, ms }, "request");
  });
}

function listening(server: Server, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // 127.0.0.1 and nothing else: not this machine's other names, not the network.
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      server.off("error", reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

type AnswerCount = ReturnType<typeof createAnswerCount>;

/** Answers that are not written to their end yet. */
function createAnswerCount() {
  const open = new Set<ServerResponse>();
  let whenNone: () => void = () => undefined;
  return {
    add(outgoing: ServerResponse): void {
      open.add(outgoing);
      outgoing.once("close", () => {
        open.delete(outgoing);
        if (open.size === 0) whenNone();
      });
    },
    none(): Promise<void> {
      return open.size === 0 ? Promise.resolve() : new Promise((resolve) => (whenNone = resolve));
    },
  };
}

async function closeServer(server: Server, closing: AbortController, answers: AnswerCount, { clock }: ApiDeps) {
  closing.abort();
  if (!server.listening) return;
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  const written = new AbortController();
  void answers.none().then(() => written.abort());
  await pause(clock, LAST_ANSWERS_MS, written.signal);
  // Also those that were opened and never used, which Node does not count as idle.
  server.closeAllConnections();
  await ended;
}
