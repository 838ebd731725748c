/** The words of the filter box: `status:failed since:7d sales` as a filter for the server. Pure. */
import { RUN_STATUSES, type RunStatus } from "../../shared/transitions.ts";
import type { RunFilter } from "../api/queries.ts";

export const TABS = {
  all: { label: "All", statuses: [] },
  running: { label: "Running", statuses: ["queued", "running", "waiting", "paused"] },
  "needs-you": { label: "Needs you", statuses: ["waiting_human", "waiting_approval"] },
  failed: { label: "Failed", statuses: ["failed"] },
} as const satisfies Record<string, { label: string; statuses: readonly RunStatus[] }>;

export type RunTab = keyof typeof TABS;
export const isRunTab = (value: unknown): value is RunTab => typeof value === "string" && value in TABS;

const HOURS: Record<string, number> = { h: 1, d: 24, w: 168 };

/** The filter, and the words in it that mean nothing, to be shown. */
export function parseFilter(text: string, tab: RunTab): { filter: RunFilter; unknown: string[] } {
  const filter: RunFilter = {};
  const unknown: string[] = [];
  const names: string[] = [];
  const statuses: RunStatus[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const [, key, value] = /^(status|since|workflow):(.*)$/.exec(word) ?? [];
    if (key === "status" && isStatus(value)) statuses.push(value);
    else if (key === "since" && hoursOf(value)) filter.last_n_hours = hoursOf(value);
    else if (key === "workflow" && value) names.push(value);
    else if (key) unknown.push(word);
    else names.push(word);
  }
  const chosen = statuses.length > 0 ? statuses : [...TABS[tab].statuses];
  if (chosen.length > 0) filter.status = chosen;
  if (names.length > 0) filter.workflow_name = names.join(" ");
  return { filter, unknown };
}

const isStatus = (value: string | undefined): value is RunStatus =>
  (RUN_STATUSES as readonly string[]).includes(value ?? "");

function hoursOf(value: string | undefined): number | undefined {
  const [, amount, unit] = /^(\d{1,5})([hdw])$/.exec(value ?? "") ?? [];
  return amount && unit ? Number(amount) * (HOURS[unit] ?? 1) || undefined : undefined;
}

/** The text with a word put in, or taken out if it is there; a key stands only once. */
export function toggleWord(text: string, word: string): string {
  const words = text.split(/\s+/).filter(Boolean);
  if (words.includes(word)) return words.filter((each) => each !== word).join(" ");
  const key = `${word.split(":")[0]}:`;
  return [...words.filter((each) => !each.startsWith(key)), word].join(" ");
}
