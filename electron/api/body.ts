/** Reading bodies: counted bytes, then JSON or YAML, then a look for what no honest body holds. No schema is known here. */
import type { IncomingMessage } from "node:http";
import { DEFINITION_LIMITS } from "../../shared/definition.ts";
import { AppError, messageOf } from "../lib/app-error.ts";
import { invalid, pathText } from "./errors.ts";
import { BODY_LIMIT, bodyTooLarge } from "./guard.ts";

export const BODY_DEPTH = DEFINITION_LIMITS.depth;

/** YAML takes far longer to parse than JSON, and only definitions come in it. */
const YAML_LIMIT = 4 * DEFINITION_LIMITS.definitionBytes;

/** The whole body as text. Throws `body_too_large`, and `invalid_json` if it is not UTF-8. */
export async function readText(incoming: IncomingMessage): Promise<string> {
  const bytes = await readBytes(incoming);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("invalid_json", "The body is not UTF-8 text.", { cause });
  }
}

/**
 * What is over the limit is read and dropped, up to as much again: a connection that is closed on a client in the middle
 * of its sending takes the answer down with it.
 */
async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= BODY_LIMIT) chunks.push(chunk);
      else chunks.length = 0;
      if (size > 2 * BODY_LIMIT) break;
    }
  } catch (cause) {
    throw new AppError("invalid_json", "The connection ended before the whole body was here.", { cause });
  }
  if (size > BODY_LIMIT) throw bodyTooLarge();
  return Buffer.concat(chunks, size);
}

/** Throws `invalid_json`, or `validation_error` for values that nest too deep or try to reach a prototype. */
export function parseJsonBody(text: string): unknown {
  const value = attempt("JSON", () => JSON.parse(text) as unknown);
  requireHonest(value);
  return value;
}

/** A definition in YAML. Throws `definition_too_large`, and as `parseJsonBody`. */
export async function parseYamlBody(text: string): Promise<unknown> {
  if (Buffer.byteLength(text) > YAML_LIMIT) {
    throw new AppError("definition_too_large", `A definition in YAML may have ${YAML_LIMIT / 1024} KiB at most.`);
  }
  const { parse } = await import("yaml");
  const value = attempt("YAML", () => parse(text, { maxAliasCount: 100 }) as unknown);
  requireHonest(value);
  return value;
}

function attempt(format: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch (cause) {
    throw new AppError("invalid_json", `The body is not valid ${format}.`, { cause, hint: messageOf(cause) });
  }
}

/** Walks at most `BODY_DEPTH` levels, so that the check itself cannot run out of stack. One path serves all levels. */
function requireHonest(value: unknown, path: PropertyKey[] = []): void {
  if (typeof value !== "object" || value === null) return;
  if (path.length >= BODY_DEPTH) throw refused(path, `nests deeper than ${BODY_DEPTH} levels`);
  const isArray = Array.isArray(value);
  for (const key of isArray ? value.keys() : Object.keys(value)) {
    const reachesPrototype = key === "__proto__" || (key === "prototype" && path.at(-1) === "constructor");
    path.push(key);
    if (!isArray && reachesPrototype) throw refused(path, "is a name that may not be used");
    requireHonest((value as Record<PropertyKey, unknown>)[key], path);
    path.pop();
  }
}

const refused = (path: PropertyKey[], message: string): AppError => invalid([{ path: pathText(path), message }]);
