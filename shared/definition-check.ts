/**
 * The rules of a definition that need the whole of it: unique ids, targets that exist, no cycles, one kind of flow.
 * Pure. What a step type demands of its config is judged in the engine, where the types are.
 */
import { END, isGraph, RESERVED_STEP_IDS, type StepDefinition, type WorkflowDefinition } from "./definition.ts";
import type { Problem } from "./error.ts";

/** Jump fields of a step, and the config fields by which a step type jumps. */
const EDGES = ["on_success", "on_failure", "on_timeout"] as const;

/** All problems with how the steps hang together, each with its path. */
export function checkStructure(definition: WorkflowDefinition): Problem[] {
  const graph = isGraph(definition);
  return [
    ...idProblems(definition),
    ...targetProblems(definition),
    ...(graph ? graphProblems(definition) : sequenceProblems(definition)),
    ...finallyProblems(definition),
  ];
}

const problem = (path: string, message: string, step?: StepDefinition, hint?: string): Problem => ({
  path,
  message,
  code: "definition_invalid",
  step_id: step?.id ?? null,
  step_type: step?.type ?? null,
  hint,
});

function* allSteps(definition: WorkflowDefinition): Generator<[path: string, step: StepDefinition]> {
  for (const [index, step] of definition.steps.entries()) yield [`steps[${index}]`, step];
  for (const [index, step] of (definition.finally ?? []).entries()) yield [`finally[${index}]`, step];
}

function idProblems(definition: WorkflowDefinition): Problem[] {
  const seen = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [path, step] of allSteps(definition)) {
    const first = seen.get(step.id);
    if (first !== undefined) problems.push(problem(`${path}.id`, `"${step.id}" is already the id of ${first}`, step));
    else seen.set(step.id, path);
    if (RESERVED_STEP_IDS.has(step.id)) {
      problems.push(
        problem(`${path}.id`, `"${step.id}" is reserved: templates use that name`, step, "Choose another id."),
      );
    }
  }
  return problems;
}

/** Where a step may jump to, and the path at which it says so. */
export function jumpsOf(step: StepDefinition): { field: string; target: string }[] {
  const jumps: { field: string; target: string }[] = [];
  for (const field of EDGES) {
    const target = step[field];
    if (target != null) jumps.push({ field, target });
  }
  const { config } = step;
  if (step.type === "branch") {
    for (const field of ["true_next", "false_next"]) addJump(jumps, `config.${field}`, config[field]);
  }
  if (step.type === "switch") {
    addJump(jumps, "config.default", config.default);
    const cases = config.cases;
    if (typeof cases === "object" && cases !== null) {
      for (const [value, target] of Object.entries(cases)) addJump(jumps, `config.cases.${value}`, target);
    }
  }
  return jumps;
}

function addJump(jumps: { field: string; target: string }[], field: string, target: unknown): void {
  if (typeof target === "string" && target !== "" && !target.includes("{{")) jumps.push({ field, target });
}

function targetProblems(definition: WorkflowDefinition): Problem[] {
  const ids = new Set(definition.steps.map((step) => step.id));
  const problems: Problem[] = [];
  for (const [index, step] of definition.steps.entries()) {
    for (const { field, target } of jumpsOf(step)) {
      if (target === END || ids.has(target)) continue;
      problems.push(problem(`steps[${index}].${field}`, `there is no step "${target}"${nearest(target, ids)}`, step));
    }
    for (const [at, target] of (step.depends_on ?? []).entries()) {
      if (ids.has(target)) continue;
      problems.push(
        problem(`steps[${index}].depends_on[${at}]`, `there is no step "${target}"${nearest(target, ids)}`, step),
      );
    }
  }
  return problems;
}

function sequenceProblems(definition: WorkflowDefinition): Problem[] {
  const problems: Problem[] = [];
  for (const [index, step] of definition.steps.entries()) {
    for (const { field, target } of jumpsOf(step)) {
      if (target === step.id) problems.push(problem(`steps[${index}].${field}`, "a step may not jump to itself", step));
    }
  }
  // A jump to itself is reported above, and must not hide a longer way round.
  const targets = (step: StepDefinition) => jumpsOf(step).flatMap(({ target }) => (target === step.id ? [] : [target]));
  const cycle = findCycle(new Map(definition.steps.map((step) => [step.id, targets(step)])));
  if (cycle) {
    problems.push(problem("steps", `Workflow contains an explicit cycle: ${cycle.join(" -> ")}`));
  }
  return problems;
}

function graphProblems(definition: WorkflowDefinition): Problem[] {
  const problems: Problem[] = [];
  for (const [index, step] of definition.steps.entries()) {
    for (const { field } of jumpsOf(step)) {
      problems.push(
        problem(
          `steps[${index}].${field}`,
          "a workflow with depends_on cannot jump",
          step,
          "Use when or continue_on_error, or drop depends_on everywhere.",
        ),
      );
    }
    if (step.type === "branch") {
      problems.push(problem(`steps[${index}].type`, "branch belongs to sequences; a graph uses when", step));
    }
  }
  const edges = new Map(definition.steps.map((step) => [step.id, step.depends_on ?? []]));
  const cycle = findCycle(edges);
  if (cycle) problems.push(problem("steps", `Workflow contains an explicit cycle: ${cycle.join(" -> ")}`));
  return problems;
}

function finallyProblems(definition: WorkflowDefinition): Problem[] {
  const problems: Problem[] = [];
  for (const [index, step] of (definition.finally ?? []).entries()) {
    if (step.depends_on != null) {
      problems.push(problem(`finally[${index}].depends_on`, "finally steps run one after the other", step));
    }
    for (const { field } of jumpsOf(step))
      problems.push(problem(`finally[${index}].${field}`, "finally steps cannot jump", step));
  }
  return problems;
}

/** Ids along a cycle, its first one repeated at the end; undefined if there is none. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (id: string): string[] | undefined => {
    const at = trail.indexOf(id);
    if (at >= 0) return [...trail.slice(at), id];
    if (done.has(id)) return undefined;
    trail.push(id);
    for (const next of edges.get(id) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    trail.pop();
    done.add(id);
    return undefined;
  };
  for (const id of edges.keys()) {
    const cycle = visit(id);
    if (cycle) return cycle;
  }
  return undefined;
}

/** `; did you mean "x"?` when a known name is near enough, else nothing. */
export function nearest(word: string, known: Iterable<string>): string {
  const best = nearestName(word, known);
  return best === undefined ? "" : `; did you mean "${best}"?`;
}

/** The known name that is near enough to have been meant. */
export function nearestName(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    // Also keeps the work small for a text that is no name at all.
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Letters to add, drop, replace or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : replaced;
      row.push(Math.min(replaced, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
