/** Many runs at once. Each is judged by itself, and what became of it is told beside its id. */
import { BULK_LIMIT, bulkRuns, deleteRun } from "../../../shared/api/runs.ts";
import type { Engine } from "../../engine/engine.ts";
import { AppError } from "../../lib/app-error.ts";
import { type ApiApp, bind } from "../bind.ts";
import type { ApiDeps } from "../deps.ts";
import { idsOfRuns } from "../run-pages.ts";

/** Runs that share a commit: enough to be quick, few enough that others get their turn in between. */
const AT_ONCE = 25;

type BulkAction = "cancel" | "retry" | "delete" | "pin" | "unpin";

interface BulkResult {
  run_id: string;
  ok: boolean;
  code?: string;
}

export function bulkRoutes(app: ApiApp, { store, engine, clock }: ApiDeps): void {
  bind(app, deleteRun, async ({ params }) => {
    await engine.deleteRun(params.run_id);
    return { ok: true };
  });

  bind(app, bulkRuns, async ({ body: { action, run_ids, filter } }) => {
    const ids = filter ? idsOfRuns(store, filter, BULK_LIMIT, clock.now()) : [...new Set(run_ids)];
    const results: BulkResult[] = [];
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      results.push(...(await Promise.all(some.map((runId) => doOne(engine, action, runId)))));
    }
    return { results };
  });
}

/** Rejects only for what concerns no run in particular: the app shuts down, the file is locked. */
async function doOne(engine: Engine, action: BulkAction, runId: string): Promise<BulkResult> {
  try {
    if (action === "delete") await engine.deleteRun(runId);
    else if ((await engine.control(runId, action)) === "invalid_state") {
      return { run_id: runId, ok: false, code: "invalid_state" };
    }
    return { run_id: runId, ok: true };
  } catch (error) {
    const isItsOwn = error instanceof AppError && ["run_not_found", "run_active"].includes(error.code);
    if (!isItsOwn) throw error;
    return { run_id: runId, ok: false, code: error.code };
  }
}
