/** A person's own query against their own SQLite file. */

import { messageOf } from "../../lib/app-error.ts";
import { type AdhocQuery, type AdhocResult, adhocQuery } from "../../store/adhoc-sql.ts";
import { StepError } from "../step-type.ts";

export function runSqlite(query: AdhocQuery): AdhocResult {
  try {
    return adhocQuery(query);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const readOnly = code === "SQLITE_READONLY";
    throw new StepError("sql_error", `SQLite refused: ${messageOf(error)}${code ? ` (${code})` : ""}`, {
      hint: readOnly
        ? "The file was opened for reading; allow_write: true opens it for writing."
        : "One statement at a time; its values go into params.",
    });
  }
}
