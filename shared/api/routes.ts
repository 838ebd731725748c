/** The only list of routes. The server registers them in this order, and OpenAPI is made from it. */
import * as artifacts from "./artifacts.ts";
import * as definitions from "./definitions.ts";
import * as discovery from "./discovery.ts";
import type { Endpoint } from "./endpoint.ts";
import * as events from "./events.ts";
import * as operations from "./operations.ts";
import * as runs from "./runs.ts";
import * as secrets from "./secrets.ts";

const isEndpoint = (value: unknown): value is Endpoint =>
  typeof value === "object" && value !== null && "method" in value && "path" in value && "reply" in value;

/**
 * Fixed paths before parametrised ones, so that `/runs/counts` is never taken for a run. Compared by code unit: in a
 * language's own order `~` stands before the letters.
 */
const bySpecificity = (a: Endpoint, b: Endpoint): number => {
  const [left, right] = [weight(a.path), weight(b.path)];
  return left < right ? -1 : left > right ? 1 : 0;
};
const weight = (path: string): string =>
  path
    .split("/")
    .map((part) => (part.startsWith("{") ? "~" : part))
    .join("/");

export const ROUTES: readonly Endpoint[] = [definitions, runs, events, artifacts, discovery, operations, secrets]
  .flatMap((module) => Object.values(module) as unknown[])
  .filter(isEndpoint)
  .sort(bySpecificity);
