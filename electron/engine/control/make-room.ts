/** Concurrency of a workflow, at the start of a run: whether there is room for it, and what is done about it if not. */

import type { z } from "zod";
import type { Concurrency, WorkflowDefinition } from "../../../shared/definition.ts";
import type { Tables } from "../../store/store.ts";
import { cancelRun } from "./cancel.ts";

export interface Room {
  /** False: the run must not come to work. */
  isThere: boolean;
  /** Runs that were told to end, oldest first. */
  cancelled: readonly string[];
}

interface Definitions {
  ofRun(runId: string, workflowId: number | null): WorkflowDefinition;
}

/** Called in the transaction that makes the run, before its row is there. A queued run waits with the dispatcher. */
export function makeRoom(
  tables: Tables,
  definitions: Definitions,
  concurrency: z.infer<typeof Concurrency> | null,
  lane: string,
  at: number,
): Room {
  if (!concurrency || concurrency.on_conflict === "queue") return { isThere: true, cancelled: [] };
  const unfinished = tables.runs.unfinishedOfLane(lane);
  const tooMany = unfinished.length + 1 - concurrency.limit;
  if (concurrency.on_conflict === "skip") return { isThere: tooMany <= 0, cancelled: [] };
  const cancelled = unfinished.slice(0, Math.max(0, tooMany));
  for (const { runId, workflowId } of cancelled) {
    const hasFinally = (definitions.ofRun(runId, workflowId).finally ?? []).length > 0;
    cancelRun(tables, runId, at, hasFinally, "concurrency");
  }
  return { isThere: true, cancelled: cancelled.map(({ runId }) => runId) };
}
