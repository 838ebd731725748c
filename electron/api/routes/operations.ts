/** Routes of backups and of the tasks that make them. */
import { cancelTask, createBackup, getBackup, listBackups } from "../../../shared/api/operations.ts";
import { AppError } from "../../lib/app-error.ts";
import type { BackupRow } from "../../store/tables/backups.ts";
import { type ApiApp, bind } from "../bind.ts";
import type { ApiDeps } from "../deps.ts";
import { backup } from "../wire/backup.ts";

const LONGEST_LIST = 500;

export function operationRoutes(app: ApiApp, { store, backups }: ApiDeps): void {
  const shown = (row: BackupRow) => backup(row, row.status === "running" ? backups.progress(row.id) : null);

  bind(app, createBackup, async ({ body: { label = null, path = null }, query, setStatus }) => {
    const begun = await backups.start({ label, path });
    if (query.wait === "false") return shown(begun);
    setStatus(201);
    return shown(await backups.finished(begun.id));
  });
  bind(app, listBackups, () => ({ backups: store.backups.list(LONGEST_LIST).map(shown) }));
  bind(app, getBackup, ({ params }) => {
    const row = store.backups.get(params.id);
    if (row) return shown(row);
    throw new AppError("backup_not_found", `There is no backup ${params.id}.`);
  });
  bind(app, cancelTask, ({ params }) => {
    if (backups.cancel(params.id)) return { ok: true };
    throw new AppError("not_found", `No task ${params.id} is running.`, { hint: "It may have finished already." });
  });
}
