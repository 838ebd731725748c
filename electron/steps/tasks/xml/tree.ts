/**
 * XML text as a small tree, and elements as plain values. A document type may be named, but whatever it declares is
 * refused: entities of one's own are how a small file grows without end or reads other files.
 */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { messageOf } from "../../../lib/app-error.ts";
import { StepError } from "../../step-type.ts";
import { decodeEntities, XML_ENTITIES } from "../entities.ts";

export interface XmlElement {
  name: string;
  attributes: ReadonlyMap<string, string>;
  /** Elements and text in document order. */
  children: (XmlElement | string)[];
  /** Counts up through the document. */
  order: number;
}

/** How deep elements may nest. */
const MAX_DEPTH = 500;

/** The document itself, as an element without a name around the root. Throws StepError `xml_invalid`. */
export function parseXml(xml: string): XmlElement {
  if (/<!DOCTYPE[^>[]*\[/i.test(xml)) {
    throw new StepError("xml_invalid", "The XML declares entities or a grammar of its own, which is refused.", {
      hint: "Take the [ … ] part of its DOCTYPE away.",
    });
  }
  const checked = XMLValidator.validate(xml);
  if (checked !== true) {
    const { line, msg } = checked.err;
    throw new StepError("xml_invalid", `The text is not well-formed XML: ${msg} (line ${line})`);
  }
  const document: XmlElement = { name: "", attributes: new Map(), children: [], order: 0 };
  let order = 0;
  fill(document, parsed(xml), () => ++order);
  if (elementsOf(document).length !== 1) throw new StepError("xml_invalid", "XML has exactly one outermost element.");
  return document;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  cdataPropName: "#cdata",
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: MAX_DEPTH,
  jPath: false,
  // Names such as toString would be changed by default; here they never become anything but keys of their own.
  onDangerousProperty: (name) => name,
});

/** A node as the parser gives it: `{ tag: children, ":@": attributes }`, `{ "#text": … }` or `{ "#cdata": [text] }`. */
type ParsedNode = Record<string, unknown>;

function parsed(xml: string): ParsedNode[] {
  try {
    return parser.parse(xml) as ParsedNode[];
  } catch (error) {
    throw new StepError("xml_invalid", `The XML cannot be read: ${messageOf(error)}`);
  }
}

function fill(parent: XmlElement, nodes: readonly ParsedNode[], nextOrder: () => number): void {
  for (const node of nodes) {
    if ("#text" in node) parent.children.push(decodeEntities(String(node["#text"]), XML_ENTITIES));
    else if ("#cdata" in node) parent.children.push(...literals(node["#cdata"] as ParsedNode[]));
    else parent.children.push(elementOf(node, nextOrder));
  }
}

const literals = (nodes: readonly ParsedNode[]): string[] => nodes.map((node) => String(node["#text"] ?? ""));

function elementOf(node: ParsedNode, nextOrder: () => number): XmlElement {
  const { ":@": attributes = {}, ...named } = node;
  const [[name, children] = ["", []]] = Object.entries(named);
  const element: XmlElement = {
    name,
    attributes: new Map(
      Object.entries(attributes as Record<string, unknown>).map(([key, value]) => [
        key,
        decodeEntities(String(value), XML_ENTITIES),
      ]),
    ),
    children: [],
    order: nextOrder(),
  };
  fill(element, children as ParsedNode[], nextOrder);
  return element;
}

export const elementsOf = (element: XmlElement): XmlElement[] =>
  element.children.filter((child) => typeof child !== "string");

/** All text in it, at any depth, without the space around. */
export const textOf = (element: XmlElement): string => rawText(element).trim();

const rawText = (element: XmlElement): string =>
  element.children.map((child) => (typeof child === "string" ? child : rawText(child))).join("");

/**
 * As a plain value: text if there is nothing else; else an object with `@name` for attributes, a value for each child
 * name (a list where it occurs more than once), and `#text` for text beside them.
 */
export function plainValue(element: XmlElement): unknown {
  const inner = elementsOf(element);
  if (inner.length === 0 && element.attributes.size === 0) return textOf(element);
  const grouped = Map.groupBy(inner, (child) => child.name);
  const text = element.children
    .filter((child) => typeof child === "string")
    .join("")
    .trim();
  return Object.fromEntries([
    ...[...element.attributes].map(([name, value]) => [`@${name}`, value]),
    ...[...grouped].map(([name, all]) => [name, all.length === 1 ? all.map(plainValue)[0] : all.map(plainValue)]),
    ...(text === "" ? [] : [["#text", text]]),
  ]);
}
