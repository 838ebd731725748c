/** The verified copy that every migration begins with. It is made before anything else runs, so it may block. */
import { renameSync, rmSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { AppError, messageOf } from "../../lib/app-error.ts";
import { factsOf, verifyCopy } from "../verify-copy.ts";

/** Copies the open database to `path`. Throws AppError `migration_failed`, and then nothing was migrated. */
export function backUpBeforeMigration(db: Database, path: string): void {
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  try {
    db.prepare("VACUUM INTO ?").run(partial);
    verifyCopy(partial, factsOf(db));
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw new AppError(
      "migration_failed",
      `The database needs a newer schema, but it could not be backed up first: ${messageOf(error)}.`,
      {
        hint: "Free some space in the data folder and start again. Nothing was changed.",
        cause: error,
      },
    );
  }
}
