/** The steps of a definition as boxes and arrows. A sequence runs down; a graph falls into layers. Pure; sizes in pixels. */
import { isRecord } from "./source-map.ts";

export interface OutlineNode {
  id: string;
  type: string;
  /** Path in the definition, to find its line. */
  path: string;
  x: number;
  y: number;
  note: string | null;
}

export interface OutlineEdge {
  from: string;
  to: string;
  kind: "next" | "jump" | "failure" | "needs";
}

export interface Outline {
  nodes: OutlineNode[];
  edges: OutlineEdge[];
  width: number;
  height: number;
}

export const NODE = { width: 168, height: 44, gapX: 24, gapY: 28, pad: 16 } as const;

interface Step {
  id: string;
  type: string;
  path: string;
  raw: Record<string, unknown>;
}

export function outlineOf(definition: Record<string, unknown> | undefined): Outline {
  const steps = stepsOf(definition, "steps");
  const isGraph = steps.some(({ raw }) => Array.isArray(raw.depends_on));
  const layers = isGraph ? layersOf(steps) : steps.map((step) => [step]);
  const last = stepsOf(definition, "finally");
  const all = [...layers, ...last.map((step) => [step])];
  const widest = Math.max(1, ...all.map((layer) => layer.length));
  const width = widest * NODE.width + (widest - 1) * NODE.gapX + 2 * NODE.pad;
  const nodes = all.flatMap((layer, row) => placeLayer(layer, row, width));
  const edges = [...(isGraph ? needs(steps) : sequence(steps)), ...sequence(last)].filter(
    ({ from, to }) => nodes.some(({ id }) => id === from) && nodes.some(({ id }) => id === to),
  );
  return { nodes, edges, width, height: all.length * (NODE.height + NODE.gapY) - NODE.gapY + 2 * NODE.pad };
}

function stepsOf(definition: Record<string, unknown> | undefined, key: "steps" | "finally"): Step[] {
  const list: unknown = definition?.[key];
  if (!Array.isArray(list)) return [];
  return list.flatMap((raw: unknown, index) =>
    isRecord(raw)
      ? [{ id: String(raw.id ?? `${key}[${index}]`), type: String(raw.type ?? "?"), path: `${key}[${index}]`, raw }]
      : [],
  );
}

/** A step stands one layer below the lowest that it depends on. Steps in a circle end up where the walk gave up. */
function layersOf(steps: Step[]): Step[][] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const depths = new Map<string, number>();
  const depthOf = (step: Step, trail: ReadonlySet<string>): number => {
    const known = depths.get(step.id);
    if (known !== undefined) return known;
    if (trail.has(step.id)) return 0;
    const below = namesIn(step.raw.depends_on).flatMap((id) => byId.get(id) ?? []);
    const depth =
      below.length === 0 ? 0 : 1 + Math.max(...below.map((each) => depthOf(each, new Set([...trail, step.id]))));
    depths.set(step.id, depth);
    return depth;
  };
  const layers: Step[][] = [];
  for (const step of steps) {
    const depth = depthOf(step, new Set());
    layers[depth] = [...(layers[depth] ?? []), step];
  }
  return layers.filter((layer) => layer !== undefined);
}

function placeLayer(layer: Step[], row: number, width: number): OutlineNode[] {
  const used = layer.length * NODE.width + (layer.length - 1) * NODE.gapX;
  return layer.map((step, column) => ({
    id: step.id,
    type: step.type,
    path: step.path,
    x: (width - used) / 2 + column * (NODE.width + NODE.gapX),
    y: NODE.pad + row * (NODE.height + NODE.gapY),
    note: step.path.startsWith("finally") ? "always, at the end" : step.raw.when != null ? "when…" : null,
  }));
}

const needs = (steps: Step[]): OutlineEdge[] =>
  steps.flatMap((step) => namesIn(step.raw.depends_on).map((from) => ({ from, to: step.id, kind: "needs" as const })));

function sequence(steps: Step[]): OutlineEdge[] {
  return steps.flatMap((step, index) => {
    const following = steps[index + 1]?.id;
    const jumps = jumpsOf(step);
    const next = typeof step.raw.on_success === "string" || jumps.length > 0 ? undefined : following;
    return [
      ...(next ? [{ from: step.id, to: next, kind: "next" as const }] : []),
      ...(typeof step.raw.on_success === "string" ? [edgeTo(step, step.raw.on_success, following)] : []),
      ...jumps.map((to) => edgeTo(step, to, following)),
      ...[step.raw.on_failure, step.raw.on_timeout].flatMap((to) =>
        typeof to === "string" ? [{ from: step.id, to, kind: "failure" as const }] : [],
      ),
    ];
  });
}

/** A jump to the step right below looks like going on. */
const edgeTo = (step: Step, to: string, following: string | undefined): OutlineEdge => ({
  from: step.id,
  to,
  kind: to === following ? "next" : "jump",
});

function jumpsOf({ type, raw }: Step): string[] {
  const config = isRecord(raw.config) ? raw.config : {};
  if (type === "branch") return [config.true_next, config.false_next].filter((each) => typeof each === "string");
  if (type === "switch")
    return [...(isRecord(config.cases) ? Object.values(config.cases) : []), config.default].filter(
      (each) => typeof each === "string",
    );
  return [];
}

const namesIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
