/** Stories of the words round a run: its filter, why it rests, who began it, and what may be done to it. */
import { expect, test } from "vitest";
import { parseFilter, toggleWord } from "../../renderer/runs/filter-text.ts";
import { legalActions } from "../../renderer/runs/legal-actions.ts";
import { reasonWords, whom } from "../../renderer/runs/run-words.ts";
import { RUN_STATUSES, type RunStatus } from "../../shared/transitions.ts";
import { aSummary } from "./a-run.ts";

test("the filter box: states, time and names, with what it does not understand said", () => {
  expect(parseFilter("status:failed since:7d sales", "all")).toEqual({
    filter: { status: ["failed"], last_n_hours: 168, workflow_name: "sales" },
    unknown: [],
  });
  expect(parseFilter("workflow:sales report", "all").filter).toEqual({ workflow_name: "sales report" });
  expect(parseFilter("status:broken since:soon", "all")).toEqual({
    filter: {},
    unknown: ["status:broken", "since:soon"],
  });
});

test("a state that is typed goes before the tab's", () => {
  expect(parseFilter("", "failed").filter).toEqual({ status: ["failed"] });
  expect(parseFilter("status:cancelled", "failed").filter).toEqual({ status: ["cancelled"] });
});

test("a word is put in, replaces its like, and is taken out again", () => {
  const once = toggleWord("sales", "since:24h");
  expect(once).toBe("sales since:24h");
  expect(toggleWord(once, "since:7d")).toBe("sales since:7d");
  expect(toggleWord(once, "since:24h")).toBe("sales");
});

test("what may be done to a run, state by state", () => {
  const legal = Object.fromEntries(RUN_STATUSES.map((status) => [status, legalActions(aSummary({ status }))]));
  expect(legal).toEqual({
    queued: ["pause", "cancel"],
    running: ["pause", "cancel"],
    waiting: ["pause", "cancel"],
    paused: ["resume", "cancel"],
    waiting_human: ["cancel"],
    waiting_approval: ["cancel"],
    succeeded: [],
    failed: ["retry"],
    cancelled: ["retry"],
  } satisfies Record<RunStatus, string[]>);
});

test("what was asked for already is not offered again", () => {
  expect(legalActions(aSummary({ pause_requested: true }))).toEqual(["resume", "cancel"]);
  expect(legalActions(aSummary({ cancel_requested: true }))).toEqual(["pause"]);
});

test("why a run rests is a sentence, never a code", () => {
  const words = (status: RunStatus, status_reason: string | null) => reasonWords({ status, status_reason });
  expect(words("waiting_approval", "awaiting_review")).toBe("waits for your approval");
  expect(words("waiting_human", "awaiting_review")).toBe("waits for your answer");
  expect(words("waiting_human", "interrupted")).toContain("the app stopped during a step");
  expect(words("succeeded", null)).toBe("");
  expect(words("paused", "some_new_reason")).toBe("some new reason");
});

test("who began it", () => {
  expect(["ui", "api", "schedule:every morning", "rerun:r1", "import"].map(whom)).toEqual([
    "you",
    "the API",
    "the schedule “every morning”",
    "you, from an earlier run",
    "import",
  ]);
});
