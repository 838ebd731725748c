/**
 * From a contract endpoint to a route: parse params, query and body, call the handler, reply as the contract says.
 * The one adapter between HTTP and the rest; routes themselves know no HTTP beyond a header here and there.
 */
import type { IncomingHttpHeaders } from "node:http";
import { isDeepStrictEqual } from "node:util";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { addVersion, createWorkflow, importWorkflow } from "../../shared/api/definitions.ts";
import type { Endpoint } from "../../shared/api/endpoint.ts";
import { ROUTES } from "../../shared/api/routes.ts";
import type { Problem } from "../../shared/error.ts";
import { AppError } from "../lib/app-error.ts";
import { parseJsonBody, parseYamlBody, readText } from "./body.ts";
import { invalid, problemsOf } from "./errors.ts";
import { hasBody, mediaTypeOf } from "./guard.ts";

export interface ApiRequest<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  /** The body as it was written, if it came as YAML. */
  source: string | null;
  method: string;
  /** Path and query as they came. */
  target: string;
  headers: IncomingHttpHeaders;
  /** Aborts when the client has gone or the server closes. */
  readonly signal: AbortSignal;
  /** Status and headers of the reply, where they differ from the contract's own. */
  setStatus(status: number): void;
  setHeader(name: string, value: string): void;
}

type Handler<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> = (
  request: ApiRequest<z.output<P>, z.output<Q>, z.output<B>>,
) => z.input<R> | Response | Promise<z.input<R> | Response>;

type HttpContext = Context<{ Bindings: HttpBindings }>;
type AnyHandler = (request: ApiRequest<unknown, unknown, unknown>) => unknown;

export interface ApiApp {
  handlers: Map<Endpoint, AnyHandler>;
  safeMode: boolean;
  checkReplies: boolean;
  /** True from the moment the app begins to shut down: what is there can be read, nothing new is taken on. */
  draining: boolean;
  /** Aborts when the server closes. */
  closing: AbortSignal;
}

/** Endpoints whose body may be a definition in YAML. */
export const YAML_ENDPOINTS: ReadonlySet<Endpoint> = new Set<Endpoint>([createWorkflow, addVersion, importWorkflow]);

/** Say what answers an endpoint. The handler may give back a Response of its own for files and streams. */
export function bind<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  app: ApiApp,
  endpoint: Endpoint<P, Q, B, R>,
  handler: Handler<P, Q, B, R>,
): void {
  // The handler gets exactly what the endpoint's own schemas gave; the map of all endpoints cannot say so.
  app.handlers.set(endpoint, handler as AnyHandler);
}

/** Register everything in the contract's order. Throws if an endpoint has no handler, or a handler no endpoint. */
export function mount(app: ApiApp): Hono<{ Bindings: HttpBindings }> {
  const hono = new Hono<{ Bindings: HttpBindings }>({ strict: false });
  for (const endpoint of ROUTES) {
    const handler = app.handlers.get(endpoint);
    if (!handler) throw new Error(`${endpoint.method} ${endpoint.path} has no handler`);
    hono.on(endpoint.method, honoPath(endpoint.path), (context) => answer(app, endpoint, handler, context));
  }
  const stray = [...app.handlers.keys()].find((endpoint) => !ROUTES.includes(endpoint));
  if (stray) throw new Error(`${stray.method} ${stray.path} is not in the list of routes`);
  return hono;
}

const honoPath = (path: string): string => path.replace(/\{(\w+)\}/g, ":$1");

async function answer(app: ApiApp, endpoint: Endpoint, handler: AnyHandler, context: HttpContext): Promise<Response> {
  if (!endpoint.readOnly) requireWritable(app);
  let status = endpoint.status;
  const { incoming } = context.env;
  const input = await readInput(endpoint, context);
  const reply = await handler({
    ...input,
    method: incoming.method ?? "GET",
    target: incoming.url ?? "/",
    headers: incoming.headers,
    get signal() {
      return AbortSignal.any([app.closing, clientGone(context.env)]);
    },
    setStatus(code) {
      status = code;
    },
    setHeader: (name, value) => context.header(name, value),
  });
  if (reply instanceof Response) return reply;
  if (app.checkReplies) requireContract(endpoint, reply);
  return context.json(reply as object, status as ContentfulStatusCode);
}

function requireWritable({ draining, safeMode }: ApiApp): void {
  if (draining) throw shuttingDown();
  if (!safeMode) return;
  throw new AppError(
    "safe_mode",
    "This is safe mode: the history can be read, but nothing can be started or changed.",
    {
      hint: "Start without --safe-mode to work with this data folder.",
    },
  );
}

export const shuttingDown = (): AppError =>
  new AppError("shutting_down", "The app is shutting down.", { hint: "Try again when it has started." });

function clientGone({ outgoing }: HttpBindings): AbortSignal {
  const gone = new AbortController();
  if (outgoing.destroyed) gone.abort();
  else outgoing.once("close", () => gone.abort());
  return gone.signal;
}

/** All that is wrong with the parts of a request is told at once. */
async function readInput(endpoint: Endpoint, context: HttpContext) {
  const { value, source } = await readBody(endpoint, context);
  const problems: Problem[] = [];
  const part = (schema: z.ZodType, given: unknown): unknown => {
    const result = schema.safeParse(given);
    if (!result.success) problems.push(...problemsOf(result.error));
    return result.data;
  };
  const input = {
    params: part(endpoint.params, context.req.param()),
    query: part(endpoint.query, queryOf(context.req.queries())),
    body: part(endpoint.body, value),
    source,
  };
  if (problems.length > 0) throw invalid(problems);
  return input;
}

/** Keys given once are texts, keys given several times are lists. */
function queryOf(queries: Record<string, string[]>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(queries).map(([key, values]) => [key, values.length === 1 ? (values[0] ?? "") : values]),
  );
}

async function readBody(endpoint: Endpoint, { env }: HttpContext): Promise<{ value: unknown; source: string | null }> {
  const nothing = { value: undefined, source: null };
  const { headers, method } = env.incoming;
  const takesNone = endpoint.body.type === "undefined";
  if (method === "GET" || method === "HEAD") return nothing;
  if (!hasBody(headers)) {
    if (takesNone || endpoint.bodyOptional) return nothing;
    throw new AppError("invalid_json", "A body is needed.", { hint: "Send at least {}." });
  }
  const isYaml = mediaTypeOf(headers) === "application/yaml";
  if (isYaml && !YAML_ENDPOINTS.has(endpoint)) {
    throw new AppError("unsupported_media_type", "Only definitions may be sent as YAML; this takes application/json.");
  }
  const text = await readText(env.incoming);
  if (takesNone || (endpoint.bodyOptional && text.trim() === "")) return nothing;
  return isYaml ? { value: await parseYamlBody(text), source: text } : { value: parseJsonBody(text), source: null };
}

/** A reply that says more, less or something else than the contract is a fault of ours, so it is no ZodError outside. */
function requireContract(endpoint: Endpoint, reply: unknown): void {
  const wire = JSON.parse(JSON.stringify(reply)) as unknown;
  const { success, data, error } = endpoint.reply.safeParse(wire);
  if (success && isDeepStrictEqual(JSON.parse(JSON.stringify(data)), wire)) return;
  const what = success ? "has fields that are not in the contract" : JSON.stringify(problemsOf(error));
  throw new Error(`the reply of ${endpoint.method} ${endpoint.path} ${what}`);
}
