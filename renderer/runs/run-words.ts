/** What is said about a run beside its state: why it stands where it stands, and who began it. Pure. */
import type { RunSummary } from "../../shared/run.ts";
import type { RunStatus } from "../../shared/transitions.ts";

/** Why a run rests, by the code that the engine keeps with it. Codes of newer engines are shown as their words. */
const REASONS: Record<string, string> = {
  interrupted: "the app stopped during a step: say how to go on",
  paused_by_user: "paused by you",
  cancelled_by_user: "cancelled by you",
  host_stopped: "goes on where the app stopped",
  secret_unavailable: "needs a secret that cannot be read here",
};

const RESTING: Partial<Record<RunStatus, string>> = {
  waiting_approval: "waits for your approval",
  waiting_human: "waits for your answer",
};

/** One short sentence for the list, or "" when the state says it all. Failures and times are told elsewhere. */
export function reasonWords({ status, status_reason: reason }: Pick<RunSummary, "status" | "status_reason">): string {
  const known = reason === null ? undefined : REASONS[reason];
  return known ?? RESTING[status] ?? (reason ?? "").replaceAll("_", " ");
}

/** `ui`, `user`, `api`, `schedule:nightly`, `rerun:…` as a person would say it, to follow "by". */
export function whom(by: string): string {
  const [kind = "", name = ""] = by.split(/:(.*)/s);
  if (kind === "ui" || kind === "user" || kind === "local") return "you";
  if (kind === "api") return "the API";
  if (kind === "rerun") return "you, from an earlier run";
  return kind === "schedule" && name ? `the schedule “${name}”` : by;
}
