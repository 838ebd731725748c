/**
 * Evaluates a compiled template over plain values. Interpreted, without any way to the host: names are looked up in the
 * scope alone, an undefined one is an error that names its path, and output is bounded. Runs on the engine's thread or
 * in the pool; it is the same function.
 */
import type { CompiledTemplate } from "./compile.ts";
import { Environment, Interpreter, type JinjaEnvironment, type Node, type RuntimeValue } from "./jinja.ts";

export type Scope = Readonly<Record<string, unknown>>;

export class TemplateError extends Error {
  readonly expression: string;
  constructor(message: string, expression: string) {
    super(message);
    this.name = "TemplateError";
    this.expression = expression;
  }
}

/** Characters that one template may produce. */
export const MAX_OUTPUT_CHARS = 32 * 1024 * 1024;
const MAX_RANGE = 1_000_000;

/** The library's interpreter, made strict: a name that does not exist is an error, not an empty text. */
class StrictInterpreter extends Interpreter {
  readonly template: CompiledTemplate;
  constructor(environment: JinjaEnvironment, template: CompiledTemplate) {
    super(environment);
    this.template = template;
  }

  override evaluate(node: Node | undefined, environment: JinjaEnvironment): RuntimeValue {
    const value = super.evaluate(node, environment);
    if (node?.type !== "Identifier" && node?.type !== "MemberExpression") return value;
    if (value.type === "UndefinedValue" && !this.template.lenient.has(node)) throw new UndefinedName(written(node));
    if (value.type === "FunctionValue" && !this.template.called.has(node))
      throw new Error(`${written(node)} is named but not called; add ()`);
    return value;
  }
}

class UndefinedName extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`${path} is not defined`);
    this.path = path;
  }
}

/** A path as a person wrote it. */
function written(node: Node): string {
  if (node.type === "Identifier") return String(node.value);
  if (node.type !== "MemberExpression") return "(expression)";
  const property = node.property as Node;
  const key = node.computed
    ? `[${property.type === "StringLiteral" ? `'${String(property.value)}'` : String(property.value ?? "…")}]`
    : `.${String(property.value)}`;
  return `${written(node.object as Node)}${key}`;
}

/** The value of a sole expression with its type, or the rendered text. Throws TemplateError. */
export function evaluate(template: CompiledTemplate, scope: Scope): unknown {
  try {
    if (template.path) return lookUp(template.path, scope);
    const environment = environmentFor(template, scope);
    const interpreter = new StrictInterpreter(environment, template);
    return bounded(toNative(interpreter.evaluate(template.expression ?? template.program, environment)));
  } catch (error) {
    throw asTemplateError(error, template, scope);
  }
}

/** Own properties only: neither `constructor` nor any other thing of the host can be reached. */
function lookUp(path: readonly (string | number)[], scope: Scope): unknown {
  let value: unknown = scope;
  for (const [depth, key] of path.entries()) {
    const found = member(value, key);
    if (found === undefined) {
      if (depth === 0 && typeof key === "string" && CONSTANTS.has(key)) return CONSTANTS.get(key);
      throw new UndefinedName(spell(path.slice(0, depth + 1)));
    }
    value = found;
  }
  return value;
}

function member(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return typeof key === "number" ? value.at(key) : undefined;
  if (typeof value === "string") return typeof key === "number" ? value.at(key) : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, key) ? (value as Record<string | number, unknown>)[key] : undefined;
}

const spell = (path: readonly (string | number)[]): string =>
  path.map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`)).join("");

const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["none", null],
  ["True", true],
  ["False", false],
  ["None", null],
]);

/** Only the names and keys that the template reads: the library converts everything it is given, deeply. */
function environmentFor({ needs }: CompiledTemplate, scope: Scope): JinjaEnvironment {
  const environment = new Environment();
  for (const [name, value] of CONSTANTS) environment.set(name, value);
  environment.set("range", range);
  for (const [name, keys] of needs) {
    const value = Object.hasOwn(scope, name) ? scope[name] : undefined;
    if (value === undefined || CONSTANTS.has(name) || name === "range") continue;
    environment.set(name, keys === null ? plain(value) : picked(value, keys));
  }
  return environment;
}

function picked(value: unknown, keys: ReadonlySet<string>): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return plain(value);
  const part: Record<string, unknown> = Object.create(null);
  for (const key of keys) if (Object.hasOwn(value, key)) part[key] = plain((value as Record<string, unknown>)[key]);
  return part;
}

/** Functions have no place in a scope, at any depth; the library would make them callable. */
function plain(value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") throw new Error("a value in the scope is not data");
  if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) plain(inner);
  return value;
}

function range(...args: unknown[]): number[] {
  const [first = 0, second, step = 1] = args.map(Number);
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const count = Math.ceil((stop - start) / step);
  if (step === 0 || !Number.isFinite(count)) throw new Error("range() needs whole numbers and a step other than 0");
  if (count > MAX_RANGE) throw new Error(`range() may give ${MAX_RANGE} numbers at most`);
  return Array.from({ length: Math.max(0, count) }, (_, index) => start + index * step);
}

/** A value of the interpreter as plain data. */
function toNative(runtime: RuntimeValue): unknown {
  switch (runtime.type) {
    case "NullValue":
    case "UndefinedValue":
      return null;
    case "ArrayValue":
    case "TupleValue":
      return (runtime.value as RuntimeValue[]).map(toNative);
    case "ObjectValue":
    case "NamespaceValue":
    case "KeywordArgumentsValue":
      return Object.fromEntries(
        [...(runtime.value as Map<string, RuntimeValue>)].map(([key, value]) => [key, toNative(value)]),
      );
    case "FunctionValue":
      throw new Error("a method was named but not called; add ()");
    default:
      if (typeof runtime.value === "number" && !Number.isFinite(runtime.value))
        throw new Error("the result is no number");
      return runtime.value;
  }
}

function bounded(value: unknown): unknown {
  if (typeof value === "string" && value.length > MAX_OUTPUT_CHARS) {
    throw new Error(`the result has ${value.length} characters; ${MAX_OUTPUT_CHARS} are allowed`);
  }
  return value;
}

function asTemplateError(error: unknown, { text }: CompiledTemplate, scope: Scope): TemplateError {
  const expression = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  if (!(error instanceof UndefinedName)) {
    return new TemplateError(error instanceof Error ? error.message : String(error), expression);
  }
  return new TemplateError(`${error.path} is not defined${whatThereIs(error.path, scope)}`, expression);
}

/** Names what stands where something else was looked for: usually the misspelt key is obvious then. */
function whatThereIs(path: string, scope: Scope): string {
  const at = Math.max(path.lastIndexOf("."), path.lastIndexOf("["));
  const where = at < 0 ? "" : path.slice(0, at);
  const keys = where === "" ? [] : where.split(".");
  const parent = keys.reduce<unknown>((value, key) => member(value, key), scope);
  if (typeof parent !== "object" || parent === null) return "";
  if (Array.isArray(parent)) return `; ${where} has ${parent.length} items`;
  const names = Object.keys(parent).slice(0, 12);
  if (names.length === 0) return where === "" ? "" : `; ${where} is empty`;
  return `; ${where === "" ? "there is" : `${where} has`} ${names.join(", ")}`;
}
