/** Walks the parsed tree of a template. Knows nothing of what the nodes mean. */
import type { Node } from "./jinja.ts";

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

/** The nodes directly below one. */
export function children(node: Node): Node[] {
  const found: Node[] = [];
  const collect = (value: unknown): void => {
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) value.forEach(collect);
    else if (value instanceof Map)
      for (const [key, inner] of value) {
        collect(key);
        collect(inner);
      }
  };
  for (const value of Object.values(node)) collect(value);
  return found;
}

/** A node and all below it, outermost first. */
export function allNodes(root: Node): Node[] {
  return [root, ...children(root).flatMap(allNodes)];
}
