/** What may be done to a run now, read off the one table of transitions. Pure. */
import type { RunSummary } from "../../shared/run.ts";
import { isTerminal, mayMove } from "../../shared/transitions.ts";
import type { ControlAction } from "../api/actions.ts";

export function legalActions(
  run: Pick<RunSummary, "status" | "pause_requested" | "cancel_requested">,
): ControlAction[] {
  const { status } = run;
  if (isTerminal(status)) return mayMove(status, "queued", "retry") ? ["retry"] : [];
  const actions: ControlAction[] = [];
  if (status === "paused" || run.pause_requested) actions.push("resume");
  else if (mayMove(status, "paused")) actions.push("pause");
  if (mayMove(status, "cancelled") && !run.cancel_requested) actions.push("cancel");
  return actions;
}
