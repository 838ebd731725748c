/**
 * What can be wrong with a definition besides its structure: fields of the wrong type or unknown, configs that do not fit
 * their step types, templates that do not parse, secrets written where they would be stored. Pure.
 */
import type { z } from "zod";
import {
  Concurrency,
  DEFINITION_LIMITS,
  RESERVED_STEP_IDS,
  RetryPolicy,
  type StepDefinition,
  StepDefinition as StepSchema,
  WorkflowDefinition,
} from "../../shared/definition.ts";
import { nearest } from "../../shared/definition-check.ts";
import type { Problem } from "../../shared/error.ts";
import { AppError } from "../lib/app-error.ts";
import { nearestType, STEP_TYPES, unsupportedHint } from "../steps/registry.ts";
import type { StepType } from "../steps/step-type.ts";
import { type CompiledTemplate, compile, compileExpression, isTemplate } from "./templating/compile.ts";

type Issue = z.core.$ZodIssue;
type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `steps[2].config.template`, as a person would write it. */
const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  );

/** The schema's issues, each with its path; unknown fields get the nearest known name. */
export function problemsOf(error: z.ZodError, raw: unknown): Problem[] {
  return error.issues.flatMap(opened).flatMap((issue) => {
    const at = stepAt(raw, issue.path);
    const base = { code: "definition_invalid", step_id: at?.id ?? null, step_type: at?.type ?? null };
    if (issue.code !== "unrecognized_keys")
      return [{ ...base, path: pathOf(issue.path), message: isMissing(issue, raw) ? "is required" : wordsOf(issue) }];
    return issue.keys.map((key) => ({
      ...base,
      path: pathOf([...issue.path, key]),
      message: `there is no field "${key}"${nearest(key, fieldsAt(issue.path))}`,
    }));
  });
}

/** Of a value with several forms, what is wrong with the form that was meant: the one whose outermost type fits. */
function opened(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const meant = issue.errors.find((form) => !form.some((one) => one.code === "invalid_type" && one.path.length === 0));
  return meant?.map((one) => ({ ...one, path: [...issue.path, ...one.path] })).flatMap(opened) ?? [issue];
}

/** Of a value that has none of its forms, what the forms are. */
function wordsOf(issue: Issue): string {
  if (issue.code !== "invalid_union") return issue.message;
  const kinds = issue.errors.flatMap(([one]) => (one?.code === "invalid_type" ? [one.expected] : []));
  return kinds.length === 0 ? issue.message : `must be ${[...new Set(kinds)].join(" or ")}`;
}

const isMissing = (issue: Issue, raw: unknown): boolean =>
  issue.code === "invalid_type" &&
  issue.path.length > 0 &&
  issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], raw) ===
    undefined;

/** The fields that there are at a place of a definition. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  const place = path.at(-1);
  if (place === undefined) return Object.keys(WorkflowDefinition.shape);
  if (typeof place === "number") return Object.keys(StepSchema.shape);
  return Object.keys(place === "retry" ? RetryPolicy.shape : place === "concurrency" ? Concurrency.shape : {});
}

/**
 * What can be made out of a definition that does not fit the schema, so that the rest of it is judged too. It serves to
 * find problems, not to be run: what does not fit is left out. Null if there are no steps to look at.
 */
export function salvaged(raw: unknown): WorkflowDefinition | null {
  if (!isObject(raw) || !Array.isArray(raw.steps)) return null;
  const { steps, finally: last, ...top } = WorkflowDefinition.shape;
  const whole = WorkflowDefinition.safeParse({ ...fitting(top, raw), name: "salvaged", steps: [] });
  if (!whole.success) return null;
  return {
    ...whole.data,
    steps: raw.steps.map(salvagedStep),
    finally: Array.isArray(raw.finally) ? raw.finally.map(salvagedStep) : null,
  };
}

function salvagedStep(raw: unknown, index: number): StepDefinition {
  const step = isObject(raw) ? raw : {};
  const { id, type, config, ...optional } = StepSchema.shape;
  return {
    ...(fitting(optional, step) as Partial<StepDefinition>),
    id: typeof step.id === "string" ? step.id : `#${index}`,
    type: typeof step.type === "string" ? step.type : "",
    config: isObject(step.config) ? step.config : {},
  };
}

const fitting = (shape: Readonly<Record<string, z.ZodType>>, raw: Json): Json =>
  Object.fromEntries(Object.entries(raw).filter(([key, value]) => shape[key]?.safeParse(value).success));

/** Those of the second list that do not merely repeat, or follow from, one of the first. */
export const besides = (first: readonly Problem[], second: readonly Problem[]): Problem[] =>
  second.filter(({ path }) => !first.some((one) => isWithin(path, one.path)));

const isWithin = (path: string, outer: string): boolean =>
  path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

function stepAt(raw: unknown, path: readonly PropertyKey[]): { id: string | null; type: string | null } | null {
  const [list, index] = path;
  if (!isObject(raw) || (list !== "steps" && list !== "finally") || typeof index !== "number") return null;
  const step = (raw[list] as unknown[] | undefined)?.[index];
  if (!isObject(step)) return null;
  return { id: typeof step.id === "string" ? step.id : null, type: typeof step.type === "string" ? step.type : null };
}

/** Every step's type and config. Throws `definition_too_large`, naming each step whose config is. */
export function checkSteps(definition: WorkflowDefinition): Problem[] {
  refuseLargeConfigs(definition);
  const names = namesOf(definition);
  const problems = [
    ...stepsOf(definition).flatMap(([path, step]) => checkStep(step, path, names)),
    ...checkValue(definition.outputs ?? {}, "outputs", names),
  ];
  if (definition.on_completion_webhook) problems.push(notYet("on_completion_webhook"));
  return problems;
}

const notYet = (path: string): Problem => ({
  path,
  message: "is not built in this version; leave it out",
  code: "unsupported",
});

/** Every step with its path. */
export const stepsOf = ({ steps, finally: last }: WorkflowDefinition): [path: string, step: StepDefinition][] => [
  ...steps.map((step, index): [string, StepDefinition] => [`steps[${index}]`, step]),
  ...(last ?? []).map((step, index): [string, StepDefinition] => [`finally[${index}]`, step]),
];

/** Names that a template may use; null where it cannot be told before the run. */
type Names = ReadonlySet<string> | null;

/** What templates call something else than a step may not be a step's id, so the reserved ids are the other names. */
const namesOf = (definition: WorkflowDefinition): Names =>
  new Set([...RESERVED_STEP_IDS, ...stepsOf(definition).map(([, { id }]) => id)]);

/** A step may bring names of its own; which, is not known if they are a template themselves. */
function withVariables(names: Names, { variables }: Json): Names {
  if (names === null || (variables !== undefined && !isObject(variables))) return null;
  return new Set([...names, ...Object.keys(variables ?? {})]);
}

function checkStep(step: StepDefinition, path: string, names: Names): Problem[] {
  const of = { code: "definition_invalid", step_id: step.id, step_type: step.type };
  const type = STEP_TYPES.get(step.type);
  if (!type)
    return [
      { ...of, path: `${path}.type`, message: unknownType(step.type), hint: unsupportedHint(step.type) ?? undefined },
    ];
  const problems = checkConfig(type, step.config, `${path}.config`).concat(
    checkTemplates(type, step.config, `${path}.config`, names),
  );
  if (typeof step.when === "string")
    problems.push(...checkTemplate(step.when, `${path}.when`, names, compileExpression));
  return problems.map((problem) => ({ ...of, ...problem }));
}

function unknownType(type: string): string {
  const near = nearestType(type);
  return `Unknown step type: ${type}${near && !unsupportedHint(type) ? `; did you mean "${near}"?` : ""}`;
}

function refuseLargeConfigs(definition: WorkflowDefinition): void {
  const problems = stepsOf(definition).flatMap(([path, { id, type, config }]): Problem[] => {
    const bytes = Buffer.byteLength(JSON.stringify(config), "utf8");
    if (bytes <= DEFINITION_LIMITS.configBytes) return [];
    const message = `Step '${id}' config too large: ${bytes} bytes, ${DEFINITION_LIMITS.configBytes} are allowed.`;
    return [{ path: `${path}.config`, message, code: "definition_too_large", step_id: id, step_type: type }];
  });
  const [first] = problems;
  if (!first) return;
  throw new AppError("definition_too_large", first.message, {
    hint: "Move long texts and data into files, and read them with file_read.",
    problems,
  });
}

/**
 * A config against its type's schema. What a template will fill in is judged when the run gets there, so issues at or
 * around a templated value are left out. Inner steps (map and its like) are checked the same way.
 */
function checkConfig(type: StepType, config: Json, path: string): Problem[] {
  const result = type.schema.safeParse(config);
  const own = result.success
    ? []
    : result.error.issues
        .filter((issue) => !isTemplated(config, issue.path))
        .flatMap((issue) => configProblems(type, issue, path));
  return own.concat(checkInner(type, config, path));
}

function configProblems(type: StepType, issue: Issue, path: string): Problem[] {
  const at = (keys: readonly PropertyKey[]) => joined(path, pathOf(keys));
  if (issue.code !== "unrecognized_keys") return [{ path: at(issue.path), message: issue.message }];
  const shape = (type.schema as { shape?: Json }).shape;
  const known = issue.path.length === 0 && shape ? Object.keys(shape) : [];
  return issue.keys.map((key) => ({
    path: at([...issue.path, key]),
    message: `${type.type} has no field "${key}"${nearest(key, known)}`,
  }));
}

const joined = (base: string, path: string): string =>
  path === "" ? base : path.startsWith("[") ? `${base}${path}` : `${base}.${path}`;

function isTemplated(config: unknown, path: readonly PropertyKey[]): boolean {
  let value = config;
  for (const key of path) {
    if (typeof value === "string") return isTemplate(value);
    value = isObject(value) || Array.isArray(value) ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return typeof value === "string" && isTemplate(value);
}

function checkInner(outer: StepType, config: Json, path: string): Problem[] {
  return (outer.nested?.(config) ?? []).flatMap((inner) => {
    const at = `${path}.${inner.path}`;
    const type = STEP_TYPES.get(inner.type);
    if (!type) return [{ path: `${at}.type`, message: unknownType(inner.type) }];
    if (!type.inner) return [{ path: `${at}.type`, message: `${inner.type} cannot stand inside another step` }];
    return checkConfig(type, inner.config, `${at}.config`);
  });
}

/** Every template in a config must parse. Fields in another language are left out, here and in inner steps. */
function checkTemplates(type: StepType, config: Json, path: string, outer: Names): Problem[] {
  const names = withVariables(outer, config);
  const nested = type.nested?.(config) ?? [];
  const skipped = new Set([...(type.verbatim ?? []), ...nested.map((inner) => inner.path.split("[")[0])]);
  const own = Object.fromEntries(Object.entries(config).filter(([key]) => !skipped.has(key)));
  const inside = nested.flatMap((inner) => {
    const known = STEP_TYPES.get(inner.type);
    return known ? checkTemplates(known, inner.config, `${path}.${inner.path}.config`, names) : [];
  });
  return checkValue(own, path, names).concat(inside);
}

/** Every text in a value that is a template must parse, and use only names that there can be. */
function checkValue(value: unknown, path: string, names: Names): Problem[] {
  if (typeof value === "string") return isTemplate(value) ? checkTemplate(value, path, names, compile) : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => checkValue(item, `${path}[${index}]`, names));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => checkValue(inner, `${path}.${key}`, names));
}

function checkTemplate(text: string, path: string, names: Names, read: (text: string) => CompiledTemplate): Problem[] {
  const code = "template_error";
  try {
    const { required } = read(text);
    if (names === null) return [];
    return [...required]
      .filter((name) => !names.has(name))
      .map((name) => ({ path, message: `there is no step or name "${name}"${nearest(name, [...names])}`, code }));
  } catch (error) {
    return [{ path, message: `the template does not parse: ${(error as Error).message}`, code }];
  }
}

/** Secrets do not belong into a definition: it is stored, shown and exported as it is. */
export function checkTexts(raw: unknown, path: (string | number)[] = []): Problem[] {
  if (Array.isArray(raw)) return raw.flatMap((item, index) => checkTexts(item, [...path, index]));
  if (!isObject(raw)) return [];
  return Object.entries(raw).flatMap(([key, value]) => {
    const here = [...path, key];
    const isSecret = key === "api_key" || (key === "secret" && path.at(-1) === "signing");
    if (!isSecret || typeof value !== "string") return checkTexts(value, here);
    if (value === "" || isTemplate(value)) return [];
    return [
      {
        path: pathOf(here),
        message: `"${key}" would be stored in plain text`,
        code: "definition_invalid",
        hint: "Keep it as a named secret, and write {{ secrets.its_name }} here.",
      },
    ];
  });
}

/** What is allowed but worth knowing before a run is repeated. */
export function warningsOf(definition: WorkflowDefinition): Problem[] {
  return [...definition.steps, ...(definition.finally ?? [])].flatMap((step) => {
    const capability = STEP_TYPES.get(step.type)?.capability;
    if (!capability || (capability.replay_safe && !capability.requires_human_review_for_rerun)) return [];
    return [
      {
        code: "unsafe_replay_step",
        path: `steps.${step.id}`,
        message: `Running "${step.id}" (${step.type}) again repeats what it does outside the run.`,
        step_id: step.id,
        step_type: step.type,
      },
    ];
  });
}
