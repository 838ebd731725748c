/**
 * The only way from the page to the server: one function per kind of exchange, typed by the shared endpoints.
 * Answers are not parsed again: server and page are of one build, and the tests hold the server to the contract.
 */
import type { z } from "zod";
import type { Endpoint } from "../../shared/api/endpoint.ts";
import { pathOf } from "../../shared/api/endpoint.ts";
import type { Problem } from "../../shared/error.ts";
import { authorization, signedOut } from "./session.ts";

/** An answer that is not a success, or no answer at all (`status` 0, code `unreachable`). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  readonly problems: Problem[];
  /** With `consent_required`: the commands that must be allowed first. */
  readonly commands: string[];

  constructor(
    status: number,
    code: string,
    message: string,
    extra: { hint?: string; problems?: Problem[]; commands?: string[] } = {},
  ) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.hint = extra.hint;
    this.problems = extra.problems ?? [];
    this.commands = extra.commands ?? [];
  }
}

type AnyEndpoint = Endpoint<z.ZodType, z.ZodType, z.ZodType, z.ZodType>;

export interface CallOptions<E extends AnyEndpoint> {
  params?: z.input<E["params"]>;
  query?: z.input<E["query"]>;
  body?: z.input<E["body"]>;
  signal?: AbortSignal;
}

/** Call a JSON endpoint. Throws ApiError. */
export async function call<E extends AnyEndpoint>(
  endpoint: E,
  options: CallOptions<E> = {},
): Promise<z.output<E["reply"]>> {
  const hasBody = options.body !== undefined;
  const response = await send(addressOf(endpoint, options), {
    method: endpoint.method,
    headers: hasBody ? { "Content-Type": "application/json" } : {},
    body: hasBody ? JSON.stringify(options.body) : undefined,
    signal: options.signal,
  });
  return (await response.json()) as z.output<E["reply"]>;
}

/** Call an endpoint whose body is a definition in the words its author wrote: YAML, with its comments. Throws ApiError. */
export async function callWithYaml<E extends AnyEndpoint>(
  endpoint: E,
  options: Pick<CallOptions<E>, "params"> & { yaml: string },
): Promise<z.output<E["reply"]>> {
  const response = await send(addressOf(endpoint, options), {
    method: endpoint.method,
    headers: { "Content-Type": "application/yaml" },
    body: options.yaml,
  });
  return (await response.json()) as z.output<E["reply"]>;
}

/** The path of an endpoint with its parameters and query, on the page's own origin. */
export function addressOf<E extends AnyEndpoint>(
  endpoint: E,
  options: Pick<CallOptions<E>, "params" | "query"> = {},
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries((options.query ?? {}) as Record<string, unknown>)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null && item !== "") query.append(name, String(item));
    }
  }
  const text = query.toString();
  return pathOf(endpoint, options.params as Record<string, string | number> | undefined) + (text ? `?${text}` : "");
}

/** A request with the token, answered with a success. Throws ApiError. */
export async function send(address: string, init: RequestInit): Promise<Response> {
  const response = await reach(address, init);
  if (response.ok) return response;
  throw await errorOf(response);
}

/** A request with the token, whatever its status. Throws ApiError only when there is no answer. */
export async function reach(address: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(address, { ...init, headers: { ...init.headers, ...authorization() } });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError(0, "unreachable", "The app's engine does not answer.", {
      hint: "It may be starting or stopping. This page tries again by itself.",
    });
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  const code = typeof body?.code === "string" ? body.code : "unknown";
  if (response.status === 401) signedOut.set(true);
  const problems = Array.isArray(body?.detail) ? (body.detail as Problem[]) : [];
  const message =
    typeof body?.detail === "string"
      ? body.detail
      : (problems[0]?.message ?? `The engine answered with status ${response.status}.`);
  return new ApiError(response.status, code, message, {
    hint: typeof body?.hint === "string" ? body.hint : undefined,
    problems,
    commands: Array.isArray(body?.commands) ? (body.commands as string[]) : undefined,
  });
}
