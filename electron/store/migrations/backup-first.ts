/** The verified copy that every migration begins with. It is made before anything else runs, so it may block. */
import { renameSync, rmSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { AppError, messageOf } from "../../lib/app-error.ts";
import { factsOf, verifyCopy } from "../verify-copy.ts";

/** Copies the open database to `path`. Throws AppError `migration_failed`, and then nothing was migrated. */
export function backUpBeforeMigration(db: Database, path: string): void {
  const partial = `${path}.partial`;
  try {
    rmSync(partial, { force: true });
    db.prepare("VACUUM INTO ?").run(partial);
    verifyCopy(partial, factsOf(db));
    renameSync(partial, path);
  } catch (error) {
    discard(partial);
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

/** A broken copy may not even be removable; what matters then is why it broke. */
function discard(partial: string): void {
  try {
    for (const suffix of ["", "-journal"]) rmSync(partial + suffix, { force: true });
  } catch {
    // The reason that led here is reported; the next start tries to remove it again.
  }
}
