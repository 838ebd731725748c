/** Values out of an XML document, by path. */
import { selectXml } from "./path.ts";
import { elementsOf, parseXml, plainValue } from "./tree.ts";

export interface XmlInput {
  xml: string;
  /** Null takes the whole document. */
  path: string | null;
}

/** Without a path the one result is `{ root name: value }`. */
export function transformXml({ xml, path }: XmlInput): { results: unknown[]; count: number } {
  const document = parseXml(xml);
  const found = path === null ? [] : selectXml(document, path);
  const results =
    path === null
      ? [Object.fromEntries(elementsOf(document).map((root) => [root.name, plainValue(root)]))]
      : found.map((one) => (typeof one === "string" ? one : plainValue(one)));
  return { results, count: results.length };
}
