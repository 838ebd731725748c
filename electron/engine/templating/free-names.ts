/** Which names a template cannot do without. Errs on the side of none: a name that is bound anywhere counts as bound. */
import type { Node } from "./jinja.ts";
import { allNodes } from "./nodes.ts";

/** Where the language makes names: node type -> the fields in which they stand. */
const BINDING_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Set: ["assignee"],
  For: ["loopvar"],
  Macro: ["name", "args"],
  CallStatement: ["callerArgs"],
  // Not bound, but no name of the scope either: it is a filter's.
  FilterStatement: ["filter"],
};

/** Those of the names read that nothing in the template sets, and that are nowhere allowed to be missing. */
export function freeNames(
  nodes: readonly Node[],
  read: Iterable<string>,
  lenient: ReadonlySet<Node>,
): ReadonlySet<string> {
  const excused = new Set(
    [...lenient, ...nodes.flatMap(boundBy)].filter(isIdentifier).map(({ value }) => String(value)),
  );
  return new Set([...read].filter((name) => !excused.has(name)));
}

/** Every node in the places of this one that make names. */
const boundBy = (node: Node): Node[] =>
  (BINDING_FIELDS[node.type] ?? []).flatMap((field) => allNodes({ type: "Bound", inside: node[field] }));

const isIdentifier = ({ type }: Node): boolean => type === "Identifier";
