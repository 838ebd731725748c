/**
 * Resolves the templates in a value: every text in it, once. What comes out is never looked at again, so nothing in a
 * step's output can become a template. Work that could take long goes to the pool, where a timeout really ends it.
 */
import { StepError } from "../../steps/step-type.ts";
import { type CompiledTemplate, compile, compileExpression, isTemplate } from "./compile.ts";
import { evaluate, type Scope, TemplateError } from "./evaluate.ts";

/** Evaluates a template somewhere else; see `compute-pool.ts`. */
export type RenderElsewhere = (text: string, scope: Scope) => Promise<unknown>;

/** The value with all templates resolved. Throws StepError `template_error` naming the field and the expression. */
export async function renderValue(
  value: unknown,
  scope: Scope,
  elsewhere: RenderElsewhere,
  path = "",
): Promise<unknown> {
  if (typeof value === "string") return isTemplate(value) ? renderText(value, scope, elsewhere, path) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [index, item] of value.entries())
      items.push(await renderValue(item, scope, elsewhere, `${path}[${index}]`));
    return items;
  }
  const entries: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) {
    entries.push([key, await renderValue(inner, scope, elsewhere, path === "" ? key : `${path}.${key}`)]);
  }
  return Object.fromEntries(entries);
}

/** True if nothing in the value needs the pool, so that `renderNow` may be used. */
export function isCheap(value: unknown): boolean {
  if (typeof value === "string") return !isTemplate(value) || compiledOrNull(value)?.cheap !== false;
  if (Array.isArray(value)) return value.every(isCheap);
  if (typeof value === "object" && value !== null) return Object.values(value).every(isCheap);
  return true;
}

/** The same as `renderValue`, at once, for values that are cheap. */
export function renderNow(value: unknown, scope: Scope, path = ""): unknown {
  if (typeof value === "string") return isTemplate(value) ? evaluated(compiled(value, path), scope, path) : value;
  if (Array.isArray(value)) return value.map((item, index) => renderNow(item, scope, `${path}[${index}]`));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, renderNow(inner, scope, path === "" ? key : `${path}.${key}`)]),
  );
}

/** The value of `when`: a template or a bare expression. */
export async function renderCondition(text: string, scope: Scope, elsewhere: RenderElsewhere): Promise<unknown> {
  const template = guarded("when", text, () => compileExpression(text));
  return template.cheap
    ? evaluated(template, scope, "when")
    : pooled(template.text, picked(template, scope), elsewhere, "when");
}

async function renderText(text: string, scope: Scope, elsewhere: RenderElsewhere, path: string): Promise<unknown> {
  const template = compiled(text, path);
  if (template.cheap) return evaluated(template, scope, path);
  return pooled(text, picked(template, scope), elsewhere, path);
}

async function pooled(text: string, scope: Scope, elsewhere: RenderElsewhere, path: string): Promise<unknown> {
  try {
    return await elsewhere(text, scope);
  } catch (error) {
    throw asStepError(error, path, text);
  }
}

/** Only what the template reads goes over to the other thread. */
function picked({ needs }: CompiledTemplate, scope: Scope): Scope {
  return Object.fromEntries(
    [...needs.keys()].filter((name) => Object.hasOwn(scope, name)).map((name) => [name, scope[name]]),
  );
}

const compiled = (text: string, path: string): CompiledTemplate => guarded(path, text, () => compile(text));

const evaluated = (template: CompiledTemplate, scope: Scope, path: string): unknown =>
  guarded(path, template.text, () => evaluate(template, scope));

function compiledOrNull(text: string): CompiledTemplate | null {
  try {
    return compile(text);
  } catch {
    // The reason is reported with its field when the value is rendered.
    return null;
  }
}

function guarded<T>(path: string, text: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStepError(error, path, text);
  }
}

function asStepError(error: unknown, path: string, text: string): unknown {
  if (error instanceof StepError) return error;
  const isTemplates =
    error instanceof TemplateError || error instanceof SyntaxError || (error as Error)?.name === "TemplateError";
  if (!isTemplates) return error;
  const expression = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  const where = path === "" ? "" : `${path}: `;
  return new StepError("template_error", `${where}${(error as Error).message}, in ${expression}`, {
    hint: "Correct the name, or allow it to be missing with | default(…).",
  });
}
