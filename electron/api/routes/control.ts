/** Routes by which a person moves a run: pause, resume, cancel, retry, decide, resolve, and what waits for them. */
import { approveStep, controlRun, listApprovals, rejectStep, resolveStep, skipStep } from "../../../shared/api/runs.ts";
import { AppError } from "../../lib/app-error.ts";
import { type ApiApp, bind } from "../bind.ts";
import type { ApiDeps } from "../deps.ts";
import { requireRun } from "../require-run.ts";
import { approval } from "../wire/step.ts";

const ACTIONS = ["pause", "resume", "cancel", "retry", "pin", "unpin"] as const;

/** More open questions than a person answers in a day. */
const LONGEST_INBOX = 1000;

export function controlRoutes(app: ApiApp, { store, engine }: ApiDeps): void {
  bind(app, controlRun, async ({ params }) => {
    requireRun(store, params.run_id);
    const result = await engine.control(params.run_id, actionOf(params.action));
    return { ok: true, result, status: requireRun(store, params.run_id).status };
  });

  for (const [endpoint, decision] of [
    [approveStep, "approved"],
    [rejectStep, "rejected"],
  ] as const) {
    bind(app, endpoint, async ({ params: { run_id: runId, step_id: stepId }, body }) => {
      const { comment = null, edited_fields: editedFields = null } = body ?? {};
      await engine.decide({ runId, stepId, decision, comment, editedFields });
      return { ok: true };
    });
  }

  bind(app, resolveStep, async ({ params: { run_id: runId, step_id: stepId }, body: { action, outputs = null } }) => {
    await engine.resolveStep({ runId, stepId, action, outputs });
    return { ok: true };
  });

  bind(app, skipStep, async ({ params: { run_id: runId, step_id: stepId } }) => {
    await engine.skipStep(runId, stepId);
    return { ok: true };
  });

  bind(app, listApprovals, () => ({
    approvals: store.waits
      .inbox(LONGEST_INBOX)
      .flatMap((row) => (row.kind === "time" ? [] : [approval(row, row.kind)])),
  }));
}

function actionOf(text: string): (typeof ACTIONS)[number] {
  const action = ACTIONS.find((known) => known === text);
  if (action) return action;
  throw new AppError("invalid_action", `"${text}" is nothing that can be done to a run.`, {
    hint: `Use one of ${ACTIONS.join(", ")}.`,
  });
}
