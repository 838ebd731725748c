/**
 * Turns a template text into something that can be evaluated many times: the parsed tree, the names it needs, and where
 * an undefined value is allowed. Pure; nothing here knows a run.
 */
import { freeNames } from "./free-names.ts";
import { type Node, parse, tokenize } from "./jinja.ts";
import { allNodes, children } from "./nodes.ts";

export interface CompiledTemplate {
  text: string;
  program: Node;
  /** The one expression the text consists of, if so: its value keeps its type. */
  expression: Node | null;
  /** `a.b.c` when the expression is a plain path; it is then looked up without the interpreter. */
  path: readonly (string | number)[] | null;
  /** Root name -> the keys used of it, or null when it is used as a whole. */
  needs: ReadonlyMap<string, ReadonlySet<string> | null>;
  /** Names that the scope must have: those that the template neither sets itself nor allows to be missing. */
  required: ReadonlySet<string>;
  /** Nodes that may be undefined: left of `or` and `default`, or asked about with `is defined`. */
  lenient: ReadonlySet<Node>;
  /** Nodes that are called, and so may be a function. */
  called: ReadonlySet<Node>;
  /** Bounded work whatever the data: it may run on the engine's own thread. */
  cheap: boolean;
}

/** Does this text hold anything to resolve? */
export const isTemplate = (text: string): boolean => text.includes("{{") || text.includes("{%") || text.includes("{#");

const CACHE_SIZE = 2000;
const cache = new Map<string, CompiledTemplate>();

/** Throws SyntaxError with the parser's reason, in one sentence. */
export function compile(text: string): CompiledTemplate {
  const known = cache.get(text);
  if (known) return known;
  const compiled = explained(() => compileNew(text));
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(text, compiled);
  return compiled;
}

/** A bare expression, as `when` may be written: the same as the template `{{ expression }}`. */
export const compileExpression = (expression: string): CompiledTemplate =>
  compile(isTemplate(expression) ? expression : `{{ ${expression} }}`);

function compileNew(text: string): CompiledTemplate {
  const program = parse(tokenize(spellOutOperators(text), { lstrip_blocks: true, trim_blocks: true }));
  const expression = soleExpression(text, program);
  const nodes = allNodes(program);
  const needs = needsOf(program);
  const lenient = lenientNodes(nodes);
  return {
    text,
    program,
    expression,
    path: expression && pathOf(expression),
    needs,
    required: freeNames(nodes, needs.keys(), lenient),
    lenient,
    called: new Set(nodes.flatMap((node) => (node.type === "CallExpression" ? [node.callee as Node] : []))),
    cheap: nodes.every(isCheap),
  };
}

/** The parser falls over rather than complain where a text stops short or goes too deep; its words mean nothing then. */
function explained<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new SyntaxError(reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return "it nests too deep";
  if (error instanceof TypeError || !(error instanceof Error) || /end of input/i.test(error.message))
    return "it ends in the middle of an expression";
  const reason = error.message.replace(/^Parser Error: /, "").replace(/, got \$\{.*$/s, "");
  return reason.endsWith(".") ? reason.slice(0, -1) : reason;
}

/** What matters inside a tag: strings (also one that never ends), the operators, braces, and the end of the tag. */
const INSIDE_TAG = /"(?:\\[\s\S]|[^"\\])*"?|'(?:\\[\s\S]|[^'\\])*'?|\|\||&&|[{}]|%\}/g;
const SPELT: Readonly<Record<string, string>> = { "||": " or ", "&&": " and " };

/** `||` and `&&` mean `or` and `and` inside tags, outside string literals. The lexer knows neither. */
function spellOutOperators(text: string): string {
  if (!text.includes("||") && !text.includes("&&")) return text;
  let spelt = "";
  let from = 0;
  for (const { index } of text.matchAll(/\{\{|\{%/g)) {
    if (index < from) continue;
    spelt += text.slice(from, index);
    from = endOfTag(text, index);
    spelt += text.slice(index, from).replace(INSIDE_TAG, (part) => SPELT[part] ?? part);
  }
  return spelt + text.slice(from);
}

/** Where the tag that begins at `start` is over; the end of the text if it never is. */
function endOfTag(text: string, start: number): number {
  let depth = 0;
  INSIDE_TAG.lastIndex = start + 2;
  for (let found = INSIDE_TAG.exec(text); found; found = INSIDE_TAG.exec(text)) {
    const [part] = found;
    if (part === "{") depth += 1;
    else if (part === "%}") return INSIDE_TAG.lastIndex;
    else if (part === "}" && depth > 0) depth -= 1;
    else if (part === "}" && text[INSIDE_TAG.lastIndex] === "}") return INSIDE_TAG.lastIndex + 1;
  }
  return text.length;
}

function soleExpression(text: string, program: Node): Node | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{{") || !trimmed.endsWith("}}")) return null;
  // White space around the tag is a text node of its own; a sole expression keeps its type all the same.
  const body = (program.body as Node[]).filter(
    (node) => !(node.type === "StringLiteral" && String(node.value).trim() === ""),
  );
  return body.length === 1 && body[0] && !trimmed.slice(2).includes("{{") ? body[0] : null;
}

/** The steps of a plain path, or null if the node is anything else. */
function pathOf(node: Node): (string | number)[] | null {
  if (node.type === "Identifier") return [String(node.value)];
  if (node.type !== "MemberExpression") return null;
  const object = pathOf(node.object as Node);
  const property = node.property as Node;
  if (!object) return null;
  if (!node.computed && property.type === "Identifier") return [...object, String(property.value)];
  if (property.type === "IntegerLiteral") return [...object, Number(property.value)];
  if (node.computed && property.type === "StringLiteral") return [...object, String(property.value)];
  return null;
}

const LANGUAGE_NAMES: ReadonlySet<string> = new Set([
  "true",
  "false",
  "none",
  "True",
  "False",
  "None",
  "range",
  "loop",
]);
/** Methods that every mapping has; `x.items()` needs the whole of x. */
const MAPPING_METHODS: ReadonlySet<string> = new Set(["items", "keys", "values", "get"]);

/** Which names, and which keys of them, the template reads. Filter, test and property names are no reads. */
function needsOf(program: Node): Map<string, Set<string> | null> {
  const needs = new Map<string, Set<string> | null>();
  const whole = (name: string) => void (LANGUAGE_NAMES.has(name) || needs.set(name, null));
  const part = (name: string, key: string) => {
    if (needs.get(name) === null) return;
    needs.set(name, (needs.get(name) ?? new Set<string>()).add(key));
  };
  const visit = (node: Node): void => {
    if (node.type === "Identifier") return whole(String(node.value));
    if (node.type === "MemberExpression") {
      const object = node.object as Node;
      const property = node.property as Node;
      const key = !node.computed && property.type === "Identifier" ? String(property.value) : null;
      if (object.type === "Identifier" && key !== null && !MAPPING_METHODS.has(key))
        return part(String(object.value), key);
      visit(object);
      if (node.computed) visit(property);
      return;
    }
    for (const child of children(node)) if (!isNameOnly(node, child)) visit(child);
  };
  visit(program);
  return needs;
}

function isNameOnly(parent: Node, child: Node): boolean {
  if (parent.type === "TestExpression") return child === parent.test;
  if (parent.type === "FilterExpression") return child === parent.filter && child.type === "Identifier";
  if (parent.type === "KeywordArgumentExpression") return child === parent.key;
  return parent.type === "CallExpression" && child === parent.callee && child.type === "Identifier";
}

function lenientNodes(nodes: Node[]): Set<Node> {
  const lenient = new Set<Node>();
  const allow = (node: Node): void => {
    lenient.add(node);
    if (node.type === "MemberExpression") allow(node.object as Node);
    // In `a or b or 'c'` the left side is `a or b`, and either may be missing.
    if (isOr(node)) allow(node.right as Node);
  };
  for (const node of nodes) {
    if (node.type === "FilterExpression" && filterName(node) === "default") allow(node.operand as Node);
    if (isOr(node)) allow(node.left as Node);
    const test = node.type === "TestExpression" ? String((node.test as Node).value) : "";
    if (test === "defined" || test === "undefined") allow(node.operand as Node);
  }
  return lenient;
}

const isOr = (node: Node): boolean => node.type === "BinaryExpression" && (node.operator as Node).value === "or";

function filterName(node: Node): string {
  const filter = node.filter as Node;
  const name = filter.type === "CallExpression" ? (filter.callee as Node) : filter;
  return String(name.value);
}

/** Loops, macros and calls may take for ever, and some filters multiply their input; those run in the pool. */
const HEAVY_NODES: ReadonlySet<string> = new Set([
  "For",
  "Macro",
  "CallStatement",
  "FilterStatement",
  "SelectExpression",
]);
const CHEAP_FILTERS: ReadonlySet<string> = new Set(
  "default upper lower trim length int float string first last join round abs title capitalize bool tojson".split(" "),
);

function isCheap(node: Node): boolean {
  if (HEAVY_NODES.has(node.type)) return false;
  if (node.type === "FilterExpression") return CHEAP_FILTERS.has(filterName(node));
  if (node.type === "CallExpression")
    return (node.callee as Node).type !== "Identifier" || CHEAP_FILTERS.has(String((node.callee as Node).value));
  return true;
}
