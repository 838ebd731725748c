/**
 * The part of XPath that people write by hand: `/a/b`, `//b`, `*`, `@name`, `text()`, `.`, and after an element
 * `[2]`, `[last()]`, `[@id]`, `[@id='x']`, `[name!='x']`. Pure.
 */
import { StepError } from "../../step-type.ts";
import { elementsOf, textOf, type XmlElement } from "./tree.ts";

type Predicate =
  | { by: "position"; position: number }
  | { by: "last" }
  | { by: "value"; of: string; test: "exists" | "=" | "!="; value: string };

interface PathStep {
  /** `//`: at any depth below. */
  anywhere: boolean;
  name: string;
  predicates: Predicate[];
}

const NAME = "[^\\s/@[\\]()='\"!*|,]+";
const STEP = new RegExp(`\\s*(//?)?\\s*(text\\(\\)|@\\*|@${NAME}|\\*|${NAME})\\s*`, "y");
const PREDICATE = new RegExp(
  `\\[\\s*(?:(\\d+)|(last\\(\\))|(text\\(\\)|@?${NAME})\\s*(?:(!?=)\\s*(?:"([^"]*)"|'([^']*)')\\s*)?)\\]\\s*`,
  "y",
);

/** What the path selects: elements, or texts where it ends in an attribute or `text()`. In document order. */
export function selectXml(document: XmlElement, path: string): (XmlElement | string)[] {
  const steps = parsePath(path);
  // Without a leading slash, a path starts at the root element.
  let found: XmlElement[] = path.trim().startsWith("/") ? [document] : elementsOf(document);
  for (const [index, step] of steps.entries()) {
    const from = step.anywhere ? inOrder(found.flatMap(selfAndBelow)) : found;
    if (isText(step.name)) {
      if (index < steps.length - 1) throw notUnderstood(path, `nothing may follow ${step.name}`);
      return from.flatMap((element) => textsOf(element, step.name));
    }
    found = inOrder(from.flatMap((element) => matching(element, step)));
  }
  return found;
}

function parsePath(path: string): PathStep[] {
  const steps: PathStep[] = [];
  let at = 0;
  while (at < path.length) {
    STEP.lastIndex = at;
    const found = STEP.exec(path);
    const [whole, separator, name] = found ?? [];
    if (whole === undefined || name === undefined || name === ".." || (at > 0 && separator === undefined))
      throw notUnderstood(path, `at character ${at + 1}`);
    const { predicates, end } = parsePredicates(path, at + whole.length);
    steps.push({ anywhere: separator === "//", name, predicates });
    at = end;
  }
  if (steps.length === 0) throw notUnderstood(path, "it is empty");
  return steps;
}

function parsePredicates(path: string, from: number): { predicates: Predicate[]; end: number } {
  const predicates: Predicate[] = [];
  PREDICATE.lastIndex = from;
  let end = from;
  for (let found = PREDICATE.exec(path); found; found = PREDICATE.exec(path)) {
    const [, position, last, of = "", test, double, single] = found;
    if (position !== undefined) predicates.push({ by: "position", position: Number(position) });
    else if (last !== undefined) predicates.push({ by: "last" });
    else {
      const comparison = test === "=" || test === "!=" ? test : "exists";
      predicates.push({ by: "value", of, test: comparison, value: double ?? single ?? "" });
    }
    end = PREDICATE.lastIndex;
  }
  return { predicates, end };
}

const isText = (name: string): boolean => name === "text()" || name.startsWith("@");

function textsOf(element: XmlElement, name: string): string[] {
  if (name === "text()")
    return element.children.filter((child) => typeof child === "string" && child.trim() !== "") as string[];
  if (name === "@*") return [...element.attributes.values()];
  const value = element.attributes.get(name.slice(1));
  return value === undefined ? [] : [value];
}

function matching(element: XmlElement, { name, predicates }: PathStep): XmlElement[] {
  const candidates =
    name === "." ? [element] : elementsOf(element).filter((child) => name === "*" || child.name === name);
  return predicates.reduce(
    (kept, predicate) => kept.filter((one, index) => holds(predicate, one, index, kept)),
    candidates,
  );
}

function holds(predicate: Predicate, element: XmlElement, index: number, all: readonly XmlElement[]): boolean {
  if (predicate.by === "position") return index + 1 === predicate.position;
  if (predicate.by === "last") return index === all.length - 1;
  const values = valuesOf(element, predicate.of);
  if (predicate.test === "exists") return values.length > 0;
  return values.some((value) => (value === predicate.value) === (predicate.test === "="));
}

function valuesOf(element: XmlElement, of: string): string[] {
  if (of === ".") return [textOf(element)];
  if (isText(of)) return textsOf(element, of);
  return elementsOf(element)
    .filter((child) => child.name === of)
    .map(textOf);
}

const selfAndBelow = (element: XmlElement): XmlElement[] => [element, ...elementsOf(element).flatMap(selfAndBelow)];

const inOrder = (elements: readonly XmlElement[]): XmlElement[] =>
  [...new Set(elements)].sort((a, b) => a.order - b.order);

const notUnderstood = (path: string, where: string): StepError =>
  new StepError("expression_error", `The path ${path} is not understood: ${where}.`, {
    hint: "Paths are like /a/b, //b, //b/@id, //b[@id='x'][1] or a/text().",
  });
