/**
 * One route of the loopback API as data. The server, the renderer's client, the tests and the OpenAPI document all read
 * the same object, so none of them can disagree about a field.
 */
import { z } from "zod";
import type { RequestErrorCode } from "../error.ts";

export const API_PREFIX = "/api/v1";
export const WORKFLOWS_PREFIX = `${API_PREFIX}/workflows`;

export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `{name}` for path parameters, as OpenAPI writes them. */
  path: string;
  tag: string;
  summary: string;
  params: Params;
  query: Query;
  body: Body;
  reply: Reply;
  /** Status of the answer when all went well. */
  status: number;
  errors: readonly RequestErrorCode[];
  /** Set for answers that are not JSON: files, streams. */
  contentType?: string;
  /** True for a POST that changes nothing, so that safe mode and maintenance let it through. */
  readOnly: boolean;
  /** True for a write that maintenance mode lets through: operations and settings (design §16). */
  duringMaintenance: boolean;
  /** A body may be missing altogether. */
  bodyOptional: boolean;
}

type Draft<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> = {
  method: Endpoint["method"];
  path: string;
  tag: string;
  summary: string;
  params?: P;
  query?: Q;
  body?: B;
  reply: R;
  status?: number;
  errors?: readonly RequestErrorCode[];
  contentType?: string;
  readOnly?: boolean;
  duringMaintenance?: boolean;
  bodyOptional?: boolean;
};

const Empty = z.object({});

/** Fill in what a route leaves out: no parameters, no body, 200, read-only if it is a GET. */
export function endpoint<
  P extends z.ZodType = typeof Empty,
  Q extends z.ZodType = typeof Empty,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodType,
>(draft: Draft<P, Q, B, R>): Endpoint<P, Q, B, R> {
  return {
    method: draft.method,
    path: draft.path,
    tag: draft.tag,
    summary: draft.summary,
    params: draft.params ?? (Empty as unknown as P),
    query: draft.query ?? (Empty as unknown as Q),
    body: draft.body ?? (z.undefined() as unknown as B),
    reply: draft.reply,
    status: draft.status ?? 200,
    errors: draft.errors ?? [],
    contentType: draft.contentType,
    readOnly: draft.readOnly ?? draft.method === "GET",
    duringMaintenance: draft.duringMaintenance ?? false,
    bodyOptional: draft.bodyOptional ?? false,
  };
}

/** A query parameter that may be given several times, or not at all. */
export const repeated = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (value === undefined ? undefined : Array.isArray(value) ? value : [value]),
    z.array(item).optional(),
  );

export const RunParams = z.object({ run_id: z.string().min(1).max(100) });
export const WorkflowParams = z.object({ workflow_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });
export const Ok = z.object({ ok: z.literal(true) });

/** The path with its parameters filled in and percent-encoded. Throws when one is missing. */
export function pathOf(route: Pick<Endpoint, "path">, params: Record<string, string | number> = {}): string {
  return route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`${route.path} needs the parameter ${name}`);
    return encodeURIComponent(String(value));
  });
}
