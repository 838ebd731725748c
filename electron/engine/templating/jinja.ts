/**
 * The template library behind our own types: its declarations do not resolve under Node's module rules, so what we use
 * of it is spelled out here, and nowhere else is it imported.
 */
import * as library from "@huggingface/jinja";

/** A node of the parsed tree. The library does not export its classes, so nodes are known by their `type`. */
export interface Node {
  type: string;
  [field: string]: unknown;
}

export interface RuntimeValue {
  type: string;
  value: unknown;
}

export interface JinjaEnvironment {
  set(name: string, value: unknown): RuntimeValue;
}

interface Jinja {
  tokenize(text: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }): unknown[];
  parse(tokens: unknown[]): Node;
  Environment: new () => JinjaEnvironment;
  Interpreter: new (
    environment: JinjaEnvironment,
  ) => { evaluate(node: Node | undefined, environment: JinjaEnvironment): RuntimeValue };
}

export const { tokenize, parse, Environment, Interpreter } = library as unknown as Jinja;
