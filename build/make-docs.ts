/**
 * `npm run docs`: writes what is generated from the code: docs/steps.md from the step types, and the tables of states in
 * ARCHITECTURE.md from the state machines. A test compares what stands there with what this would write.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { stepTypeInfos } from "../electron/steps/registry.ts";
import type { StepTypeInfo } from "../shared/step-type.ts";
import { RUN_TRANSITIONS, STEP_TRANSITIONS } from "../shared/transitions.ts";

const ROOT = join(import.meta.dirname, "..");
const STEPS_PATH = join(ROOT, "docs/steps.md");
const ARCHITECTURE_PATH = join(ROOT, "ARCHITECTURE.md");
const BEGIN = "<!-- states: made by npm run docs -->";
const END = "<!-- /states -->";

const GROUPS: Readonly<Record<StepTypeInfo["group"], string>> = {
  core: "Core",
  local: "This machine",
  data: "Data",
  network: "Network",
};

interface FieldSchema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: FieldSchema[];
  items?: FieldSchema;
  description?: string;
  default?: unknown;
}

export function stepsPage(): string {
  const infos = stepTypeInfos();
  const parts = Object.entries(GROUPS).flatMap(([group, title]) => {
    const types = infos.filter((info) => info.group === group);
    return types.length === 0 ? [] : [`## ${title}\n`, ...types.map(sectionOf)];
  });
  const intro = [
    "# Step types",
    "",
    "<!-- Made by npm run docs. -->",
    "",
    `There are ${infos.length}. A type that is *safe to replay* simply runs again when the app was killed in the middle of it; any other`,
    "waits in the inbox until you say what became of it.",
    "",
  ];
  return `${[...intro, ...parts].join("\n").trimEnd()}\n`;
}

function sectionOf({ name, description, schema, example, capabilities }: StepTypeInfo): string {
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, FieldSchema>;
    required?: string[];
  };
  const rows = Object.entries(properties).map(([field, shape]) => {
    const given = shape.default === undefined ? "" : ` Default: \`${JSON.stringify(shape.default)}\`.`;
    const need = required.includes(field) && shape.default === undefined ? " **Required.**" : "";
    const told = (shape.description ?? "").replace(/(?<=[^.?!])$/, ".");
    return `| \`${field}\` | ${typeOf(shape)} | ${cell(`${told}${given}${need}`.trim())} |`;
  });
  const table = rows.length === 0 ? [] : ["| field | type | |", "|---|---|---|", ...rows, ""];
  const safe = capabilities.replay_safe ? "Safe to replay." : "Not safe to replay.";
  return [
    `### ${name}`,
    "",
    `${description} *${safe}*`,
    "",
    ...table,
    "```yaml",
    stringify({ id: "step", type: name, config: example }).trimEnd(),
    "```",
    "",
  ].join("\n");
}

function typeOf(shape: FieldSchema): string {
  if (shape.enum) return shape.enum.map((word) => `\`${String(word)}\``).join(", ");
  if (shape.const !== undefined) return `\`${String(shape.const)}\``;
  if (shape.anyOf) return [...new Set(shape.anyOf.map(typeOf))].join(" or ");
  if (shape.type === "array") return shape.items ? `list of ${typeOf(shape.items)}` : "list";
  return Array.isArray(shape.type) ? shape.type.join(" or ") : (shape.type ?? "any");
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** ARCHITECTURE.md with the tables between its two marks made anew. */
export function withStates(text: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`ARCHITECTURE.md needs the marks ${BEGIN} and ${END}`);
  const tables = [
    "Runs:",
    "",
    tableOf(RUN_TRANSITIONS, "a terminal run moves only by an explicit retry"),
    "",
    "Step runs:",
    "",
    tableOf(STEP_TRANSITIONS, "what is over never changes"),
  ].join("\n");
  return `${text.slice(0, begin)}${BEGIN}\n${tables}\n${text.slice(end)}`;
}

function tableOf(machine: Readonly<Record<string, readonly string[]>>, none: string): string {
  const rows = Object.entries(machine).map(
    ([from, to]) => `| ${from} | ${to.length > 0 ? to.join(" · ") : `– (${none})`} |`,
  );
  return ["| from | to |", "|---|---|", ...rows].join("\n");
}

export const GENERATED: readonly { path: string; make(): string }[] = [
  { path: STEPS_PATH, make: stepsPage },
  { path: ARCHITECTURE_PATH, make: () => withStates(readFileSync(ARCHITECTURE_PATH, "utf8")) },
];

if (process.argv[1] === import.meta.filename) {
  for (const { path, make } of GENERATED) writeFileSync(path, make());
}
