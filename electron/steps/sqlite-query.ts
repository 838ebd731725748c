/** One SQL statement against a SQLite file of one's own. */
import { z } from "zod";
import { requireRegular } from "./regular-file.ts";
import { CAPABILITY, defineStep, ok } from "./step-type.ts";

const schema = z.strictObject({
  path: z.string().min(1).describe("The SQLite file: inside the run's own folder, or absolute in an approved folder"),
  sql: z.string().min(1).describe("One statement; put values into params, not into the text"),
  params: z
    .union([z.array(z.unknown()), z.record(z.string(), z.unknown())])
    .optional()
    .describe("Values for ? in order, or for :name by name"),
  max_rows: z.int().min(1).max(1_000_000).default(10_000).describe("No more rows than so many"),
  allow_write: z.boolean().default(false).describe("Open the file for writing"),
});

export const sqliteQuery = defineStep({
  type: "sqlite_query",
  title: "Query SQLite",
  group: "local",
  description:
    "Runs a statement on a SQLite file, read-only unless allowed. Gives `rows`, `columns`, `count`, `truncated` and `changes`.",
  schema,
  example: {
    path: "{{ run.examples_dir }}/shop.db",
    sql: "SELECT name, price_cents FROM products WHERE price_cents > ?",
    params: [2000],
  },
  capability: CAPABILITY.local,
  inner: true,
  async execute({ config, files, compute }) {
    const path = await files.resolve(config.path, config.allow_write ? "write" : "read");
    await requireRegular(path, config.path);
    const result = await compute("sqlite_query", {
      path,
      sql: config.sql,
      params: config.params,
      maxRows: config.max_rows,
      allowWrite: config.allow_write,
    });
    return ok({ ...result });
  },
});
