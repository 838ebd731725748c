/**
 * The bundled example workflows: one YAML file each beside this one, and the data that they run on. Nothing else is
 * read from here, and nothing is ever written.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { TemplateSummary } from "../../shared/api/discovery.ts";
import { WorkflowDefinition, type WorkflowDefinitionInput } from "../../shared/definition.ts";
import { AppError } from "../lib/app-error.ts";
import { commandsOf } from "../steps/registry.ts";

const SUFFIX = ".workflow.yaml";

export interface Catalog {
  /** The best first ones first, as their `metadata.order` says; a first start shows the head of this list. */
  list(): TemplateSummary[];
  /** The definition as it is written. Throws AppError `template_not_found`. */
  get(name: string): WorkflowDefinitionInput;
  /** The folder that templates know as `run.examples_dir`; always readable for steps, never writable. */
  readonly bundledDataDir: string;
}

/** `folder` is found beside the program if it is not given. Files are read when first asked for, and once. */
export function openCatalog(folder: string = bundledFolder()): Catalog {
  let entries: Map<string, Entry> | null = null;
  const all = () => {
    entries ??= new Map(
      fileNames(folder).map((filename) => [filename.slice(0, -SUFFIX.length), readEntry(folder, filename)]),
    );
    return entries;
  };
  return {
    list: () => [...all().values()].sort((a, b) => a.order - b.order).map(({ summary }) => summary),
    get(name) {
      const entry = all().get(name);
      if (entry) return structuredClone(entry.definition);
      throw new AppError("template_not_found", `There is no template named "${name}".`, {
        hint: "The gallery lists them.",
      });
    },
    bundledDataDir: outsideArchive(join(folder, "data")),
  };
}

const fileNames = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith(SUFFIX));

interface Entry {
  summary: TemplateSummary;
  definition: WorkflowDefinitionInput;
  order: number;
}

function readEntry(folder: string, filename: string): Entry {
  const definition = parse(readFileSync(join(folder, filename), "utf8")) as WorkflowDefinitionInput;
  const { steps, finally: last, tags, description, metadata, name } = WorkflowDefinition.parse(definition);
  const everyStep = [...steps, ...(last ?? [])];
  const title = typeof metadata.title === "string" ? metadata.title : name;
  return {
    definition,
    order: typeof metadata.order === "number" ? metadata.order : Number.MAX_SAFE_INTEGER,
    summary: {
      name: filename.slice(0, -SUFFIX.length),
      filename,
      title,
      description: description ?? "",
      tags,
      step_count: everyStep.length,
      commands: commandsOf(everyStep),
    },
  };
}

/** Beside this file in the sources; once bundled, in `templates` beside the program or one folder up from a chunk. */
function bundledFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const found = [here, join(here, "templates"), join(here, "..", "templates")].find(
    (folder) => existsSync(folder) && fileNames(folder).length > 0,
  );
  if (found) return found;
  throw new AppError("internal_error", `The bundled templates are missing near ${here}.`, {
    hint: "Install the app again.",
  });
}

/** Inside Electron's archive only Electron itself can read; commands and SQLite need the unpacked copy. */
const outsideArchive = (folder: string): string => folder.replace(`app.asar${sep}`, `app.asar.unpacked${sep}`);
