/** Routes of runs: start, list, read. */
import {
  countRuns,
  getRun,
  getRunDefinition,
  listAttempts,
  listRuns,
  listSteps,
  rerunRun,
  startAdHocRun,
  startRun,
} from "../../../shared/api/runs.ts";
import type { Run } from "../../../shared/run.ts";
import { isTerminal } from "../../../shared/transitions.ts";
import { AppError } from "../../lib/app-error.ts";
import { type ApiApp, type ApiRequest, bind, shuttingDown } from "../bind.ts";
import type { ApiDeps } from "../deps.ts";
import { requireRun, requireWholeRun } from "../require-run.ts";
import { pageOfRuns } from "../run-pages.ts";
import { jsonObject } from "../wire/json.ts";
import { wholeRun } from "../wire/run.ts";
import { stepAttempt, stepRun } from "../wire/step.ts";

export function runRoutes(app: ApiApp, deps: ApiDeps): void {
  const { store, clock } = deps;

  bind(app, startRun, (request) => start(app, deps, request, request.params.workflow_id, null));
  bind(app, startAdHocRun, (request) => start(app, deps, request, null, request.body.definition));
  bind(app, rerunRun, async (request) => {
    const { from_step, inputs, outputs, secrets } = request.body ?? {};
    const { runId } = await deps.engine.rerun(request.params.run_id, {
      fromStep: from_step ?? null,
      inputs: inputs ?? null,
      outputs: outputs ?? {},
      secrets: secrets ?? {},
    });
    return answerFor(app, deps, request, runId);
  });
  bind(app, listRuns, (request) => {
    const { reply, links } = pageOfRuns(store, request.query, request.target, clock.now());
    request.setHeader("Link", links.join(", "));
    return reply;
  });
  bind(app, countRuns, () => {
    const counts = store.runList.counts();
    return {
      counts: Object.fromEntries(counts.map(({ status, n }) => [status, n])),
      total: counts.reduce((sum, { n }) => sum + n, 0),
    };
  });
  bind(app, getRun, ({ params }) => wholeRun(requireWholeRun(store, params.run_id)));
  bind(app, getRunDefinition, ({ params }) => {
    const { runId, workflowId } = requireRun(store, params.run_id);
    return { run_id: runId, workflow_id: workflowId, definition: jsonObject(store.runs.snapshot(runId) ?? "{}") };
  });
  bind(app, listSteps, ({ params }) => {
    requireRun(store, params.run_id);
    const waits = new Map(store.waits.openOfRun(params.run_id).map((wait) => [wait.stepRunId, wait]));
    const steps = store.stepRuns.shown(params.run_id).map((row) => stepRun(row, waits.get(row.stepRunId)));
    return { run_id: params.run_id, steps };
  });
  bind(app, listAttempts, ({ params: { run_id, step_id } }) => {
    requireRun(store, run_id);
    return { run_id, step_id, attempts: store.stepRuns.attemptsOfStep(run_id, step_id).map(stepAttempt) };
  });
}

interface StartBody {
  inputs: Record<string, unknown>;
  idempotency_key?: string | null;
  session_id?: string | null;
  validation_mode: "block" | "non-block";
  priority: number;
  metadata?: Record<string, unknown> | null;
  secrets?: Record<string, string> | null;
}

type StartRequest = ApiRequest<unknown, { mode: string }, StartBody>;
type AnyStart = Pick<ApiRequest<unknown, { mode: string }, unknown>, "query" | "signal">;

async function start(
  app: ApiApp,
  deps: ApiDeps,
  request: StartRequest,
  workflowId: number | null,
  definition: unknown,
): Promise<Run> {
  const { body } = request;
  const { runId } = await deps.engine.startRun({
    workflowId,
    definition,
    inputs: body.inputs,
    idempotencyKey: body.idempotency_key ?? null,
    sessionId: body.session_id ?? null,
    validationMode: body.validation_mode,
    priority: body.priority,
    metadata: body.metadata ?? null,
    startedBy: startedBy(request),
    parentRunId: null,
    secrets: body.secrets ?? {},
  });
  return answerFor(app, deps, request, runId);
}

/** At once with what is true then, or in any other mode than async when the run has ended or waits for a person. */
async function answerFor(app: ApiApp, deps: ApiDeps, request: AnyStart, runId: string): Promise<Run> {
  if (request.query.mode.toLowerCase() !== "async") await waitFor(app, deps, request, runId);
  return wholeRun(requireWholeRun(deps.store, runId));
}

/** Only a browser sends this header, and only our own page gets through the guard with it. */
const startedBy = ({ headers }: StartRequest): string => (headers["sec-fetch-site"] === "same-origin" ? "ui" : "api");

async function waitFor(app: ApiApp, deps: ApiDeps, { signal }: AnyStart, runId: string): Promise<void> {
  const seconds = deps.settings.runTimeoutSeconds;
  const outcome = signal.aborted ? "timeout" : await deps.engine.settled(runId, seconds * 1000, signal);
  const isOver = isTerminal(requireRun(deps.store, runId).status);
  // A stopping engine lets go of everybody who waits; that is no answer about the run.
  if (app.draining && !isOver) throw shuttingDown();
  if (isOver || outcome === "settled") return;
  throw new AppError("run_timeout", `The run ${runId} was not finished after ${seconds} s.`, {
    hint: "It goes on: read it by its id, or follow its events.",
  });
}
