/** The bundled workflows: each is a valid definition, its configs fit their schemas, and it makes what it promises. */
import { readFile } from "node:fs/promises";
import { parse as parseCsv } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { renderNow } from "../../electron/engine/templating/render.ts";
import { STEP_TYPES } from "../../electron/steps/registry.ts";
import type { Outputs } from "../../electron/steps/step-type.ts";
import { openCatalog } from "../../electron/templates/catalog.ts";
import { type StepDefinition, WorkflowDefinition } from "../../shared/definition.ts";
import { checkStructure } from "../../shared/definition-check.ts";
import { type StepBench, stepBench } from "../support/step-context.ts";

const catalog = openCatalog();
const names = catalog.list().map((template) => template.name);

describe.each(names)("template %s", (name) => {
  const definition = WorkflowDefinition.parse(catalog.get(name));

  test("has a title, a description and tags, and starts with nothing filled in", () => {
    expect(definition.name).toBe(name);
    expect(definition.metadata.title).toEqual(expect.any(String));
    expect(definition.description?.length).toBeGreaterThan(60);
    expect(definition.tags.length).toBeGreaterThan(0);
    expect(definition.input_schema?.required ?? []).toEqual([]);
  });

  test("obeys the rules of a whole definition", () => {
    expect(checkStructure(definition)).toEqual([]);
  });

  test("has configs that fit their step types", () => {
    for (const step of definition.steps)
      expect({ step: step.id, problems: problemsOf(step) }).toEqual({ step: step.id, problems: [] });
  });
});

test("sales-report sums up the year in Markdown and on a page that needs nothing else", async () => {
  const { bench, outputs } = await play("sales-report");
  const rows = parseCsv(await readFile(`${catalog.bundledDataDir}/sales.csv`), { columns: true }) as {
    revenue: string;
  }[];
  const total = Math.round(rows.reduce((sum, row) => sum + Number(row.revenue), 0));
  expect(outputs.revenue).toBe(total.toLocaleString("en-US"));
  expect(bench.artifacts.map((artifact) => artifact.name)).toEqual(["sales-report.md", "sales-report.html"]);
  const page = bench.artifacts[1]?.text ?? "";
  expect(page).toContain("<svg");
  expect(page).toContain("prefers-color-scheme: dark");
  expect(page).toContain("Wool Socks, 3 pairs");
  expect(page).not.toMatch(/<script|https?:\/\//);
});

test("folder-digest calls everything new at first, and nothing the second time", async () => {
  const first = await play("folder-digest");
  expect(first.outputs).toEqual({ added: 8, changed: 0, removed: 0 });
  const second = await play("folder-digest", { bench: first.bench });
  expect(second.outputs).toEqual({ added: 0, changed: 0, removed: 0 });
  expect(second.bench.artifacts.at(-1)?.text).toContain("Nothing has changed.");
});

test("log-error-summary counts what a plain search of the log counts", async () => {
  const { bench, outputs } = await play("log-error-summary");
  const log = await readFile(`${catalog.bundledDataDir}/service-log.txt`, "utf8");
  expect(outputs.errors).toBe(log.match(/ ERROR \[/g)?.length);
  expect(outputs.warnings).toBe(log.match(/ WARN {2}\[/g)?.length);
  const markdown = bench.artifacts[0]?.text ?? "";
  expect(markdown.match(/^### /gm)).toHaveLength(5);
  expect(markdown).toContain("card gateway did not answer within … ms (order …)");
});

test("sqlite-to-csv gives a spreadsheet of customers and a summary", async () => {
  const { bench, outputs } = await play("sqlite-to-csv");
  const csv = bench.artifacts.find((artifact) => artifact.name === "customers.csv");
  const rows = parseCsv(csv?.text ?? "", { columns: true }) as Record<string, string>[];
  expect(rows).toHaveLength(Number(outputs.customers));
  expect(Object.keys(rows[0] ?? {})).toEqual(["id", "name", "city", "orders", "revenue", "last_order"]);
  expect(bench.artifacts.at(-1)?.text).toContain("What runs out");
});

test("review-notes shows a draft, waits, and makes the list once it is approved", async () => {
  const { bench, waited } = await play("review-notes");
  expect(waited).toEqual(["approve"]);
  expect(bench.artifacts.map((artifact) => artifact.name)).toEqual(["open-tasks-draft.md", "open-tasks.html"]);
  expect(bench.artifacts[1]?.text).toContain("Order zip sliders in sizes 5 and 8");
  expect(bench.artifacts[1]?.text).not.toContain("Thank the volunteers");
});

test("disk-usage needs consent to df and draws the disks", async () => {
  expect(catalog.list().find((template) => template.name === "disk-usage")?.commands).toEqual(["df -kP"]);
  const { bench } = await play("disk-usage");
  expect(bench.artifacts.at(-1)?.name).toBe("disk-usage.html");
  expect(bench.artifacts.at(-1)?.text).toMatch(/<svg|Nothing to draw/);
});

/** What is wrong with a config before any value is known: a template may stand for a value of any type. */
function problemsOf(step: StepDefinition): string[] {
  const type = STEP_TYPES.get(step.type);
  if (!type) return [`${step.type} is not a step type`];
  const checked = type.schema.safeParse(step.config);
  const own = (checked.error?.issues ?? []).filter(
    (issue) => !isTemplate(issue.path.reduce(field, step.config as unknown)),
  );
  const nested = type.nested?.(step.config) ?? [];
  return [
    ...own.map((issue) => `${issue.path.join(".")}: ${issue.message}`),
    ...nested.flatMap((inner) => problemsOf({ ...step, ...inner })),
  ];
}

const field = (value: unknown, name: PropertyKey): unknown =>
  (value as Record<PropertyKey, unknown> | undefined)?.[name];
const isTemplate = (value: unknown): boolean => typeof value === "string" && value.includes("{{");

/** Plays a template step by step, in the order of its list, approving whatever asks. The real engine has its own tests. */
async function play(
  name: string,
  given: { bench?: StepBench } = {},
): Promise<{ bench: StepBench; outputs: Record<string, unknown>; waited: string[] }> {
  const definition = WorkflowDefinition.parse(catalog.get(name));
  const bench = given.bench ?? (await stepBench({ approved: [catalog.bundledDataDir] }));
  const properties = (definition.input_schema?.properties ?? {}) as Record<string, { default?: unknown }>;
  const inputs = Object.fromEntries(Object.entries(properties).map(([input, schema]) => [input, schema.default]));
  const scope: Record<string, unknown> = { inputs, run: { id: "run-1", examples_dir: catalog.bundledDataDir } };
  const waited: string[] = [];
  let last: Outputs | null = null;
  for (const step of definition.steps) {
    const result = await bench.run(step.type, step.config, { scope, last });
    if (result.status !== "ok" && result.status !== "wait") throw new Error(`${step.id}: ${JSON.stringify(result)}`);
    if (result.status === "wait") waited.push(step.id);
    last = result.status === "ok" ? result.outputs : { decision: "approved" };
    scope[step.id] = last;
    if (step.on_success === "_end") break;
  }
  return { bench, outputs: renderNow(definition.outputs ?? {}, scope) as Record<string, unknown>, waited };
}
