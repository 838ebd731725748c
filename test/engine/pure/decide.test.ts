/** Stories of the brain: given what has happened, what comes next. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { END, isGraph } from "../../../shared/definition.ts";
import { mayMove, RUN_STATUSES, TERMINAL_STATUSES } from "../../../shared/transitions.ts";
import { aHistory, type aStep, aWorkflow, type Fate, NOW, play, says } from "./stories.ts";

describe("a sequence", () => {
  const abc = aWorkflow(["a", "b", "c"]);
  const table: [story: string, told: string[], says: string[]][] = [
    ["begins with its first step", [], ["start a"]],
    ["goes to the next step", ["a:ok"], ["start b"]],
    ["ends after the last", ["a:ok", "b:ok", "c:ok"], ["end succeeded"]],
    ["waits while a step runs", ["a:running"], ["wait"]],
    ["fails with the step that failed", ["a:ok", "b:failed"], ["end failed broken at b"]],
    ["goes on after a skipped step", ["a:skipped"], ["start b"]],
    ["goes where a step says", ["a:jump=c"], ["start c"]],
    ["ends where a step says so", [`a:jump=${END}`], ["end succeeded"]],
    ["fails when a step names one that is not there", ["a:jump=nowhere"], ["end failed validation_error at a"]],
    ["parks for a delay", ["a:delay"], ["park waiting delay until 500"]],
    ["parks between attempts", ["a:retrying"], ["park waiting retry until 300"]],
    ["tries again when the time has come", ["a:due"], ["attempt a 2"]],
    ["parks for a person", ["a:human"], ["park waiting_human awaiting_review"]],
    ["parks for an approval", ["a:approval"], ["park waiting_approval awaiting_review"]],
    ["asks a person about an interrupted step", ["a:interrupted"], ["park waiting_human interrupted"]],
    ["is cancelled when its step was", ["a:cancelled"], ["end cancelled"]],
  ];
  test.each(table)("%s", (_story, told, expected) => expect(says(abc, aHistory(told))).toEqual(expected));

  test("without steps succeeds at once", () => expect(says(aWorkflow([]), aHistory([]))).toEqual(["end succeeded"]));

  test("fails when its definition no longer has the step that it visited", () =>
    expect(says(abc, aHistory(["gone:ok"]))).toEqual(["end failed invariant_violation at gone"]));
});

describe("jumps of a sequence", () => {
  const on = (step: Parameters<typeof aStep>[0]) => aWorkflow([step, "b", "late", "fixed", "good"]);
  const table: [story: string, step: object, told: string, says: string][] = [
    ["on_success", { on_success: "good" }, "a:ok", "start good"],
    ["a step's own word comes before on_success", { on_success: "good" }, "a:jump=b", "start b"],
    ["on_success to the end", { on_success: END }, "a:ok", "end succeeded"],
    ["on_failure", { on_failure: "fixed" }, "a:failed", "start fixed"],
    ["on_failure to the end ends as succeeded", { on_failure: END }, "a:failed", "end succeeded"],
    ["on_failure takes a timeout too", { on_failure: "fixed" }, "a:timeout", "start fixed"],
    ["on_timeout comes before on_failure", { on_timeout: "late", on_failure: "fixed" }, "a:timeout", "start late"],
    ["nobody decided in time: on_timeout", { on_timeout: "late" }, "a:human_timeout", "start late"],
    ["on_timeout is not for other failures", { on_timeout: "late" }, "a:failed", "end failed broken at a"],
    ["continue_on_error", { continue_on_error: true }, "a:failed", "start b"],
    [
      "on_failure comes before continue_on_error",
      { continue_on_error: true, on_failure: "fixed" },
      "a:failed",
      "start fixed",
    ],
  ];
  test.each(table)("%s", (_story, step, told, expected) =>
    expect(says(on({ id: "a", ...step }), aHistory([told]))).toEqual([expected]),
  );

  test("that come back for ever end the run, naming the step", () => {
    const loop = aWorkflow(["a", { id: "b", on_failure: "a" }]);
    const told = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "a:ok" : "b:failed"));
    expect(says(loop, aHistory(told.slice(0, 18)))).toEqual(["start a"]);
    expect(says(loop, aHistory(told))).toEqual(["end failed branch_loop_exceeded at a"]);
  });

  test("are counted anew after a retry", () => {
    const loop = aWorkflow(["a", { id: "b", on_failure: "a" }]);
    const told = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "1#a:ok" : "1#b:failed"));
    expect(says(loop, aHistory(told, { incarnation: 2 }))).toEqual(["start b"]);
  });
});

describe("a graph", () => {
  const diamond = aWorkflow(["-> a", "a -> left", "a -> right", "left right -> end"]);
  const table: [story: string, told: string[], says: string[]][] = [
    ["begins with what depends on nothing", [], ["start a"]],
    ["starts everything that has become possible, together", ["a:ok"], ["start left", "start right"]],
    ["waits at a join", ["a:ok", "left:ok", "right:running"], ["wait"]],
    ["passes a join when all of it is there", ["a:ok", "left:ok", "right:ok"], ["start end"]],
    ["ends when nothing is left", ["a:ok", "left:ok", "right:ok", "end:ok"], ["end succeeded"]],
    ["takes a skipped step as done", ["a:ok", "left:skipped", "right:ok"], ["start end"]],
    [
      "starts nothing new after a failure, and lets running steps end",
      ["a:ok", "left:failed", "right:running"],
      ["wait"],
    ],
    ["fails when those have ended", ["a:ok", "left:failed", "right:ok"], ["end failed broken at left"]],
    [
      "fails although another branch waits for a time",
      ["a:ok", "left:failed", "right:delay"],
      ["end failed broken at left"],
    ],
    ["is woken for a retry beside a running step", ["a:ok", "left:retrying", "right:running"], ["wait until 300"]],
    ["tries again beside a running step", ["a:ok", "left:due", "right:running"], ["attempt left 2"]],
    [
      "parks until the first of several times",
      ["a:ok", "left:retrying", "right:delay"],
      ["park waiting retry until 300"],
    ],
    [
      "names the person before the time",
      ["a:ok", "left:human", "right:delay"],
      ["park waiting_human awaiting_review until 500"],
    ],
    ["does not call a cancelled branch a success", ["a:ok", "left:cancelled", "right:ok"], ["end cancelled"]],
  ];
  test.each(table)("%s", (_story, told, expected) => expect(says(diamond, aHistory(told))).toEqual(expected));

  const lanes = aWorkflow(["-> ask", "-> work", "work -> more"]);
  test("is not parked for a waiting branch when another one can begin", () =>
    expect(says(lanes, aHistory(["ask:human", "work:ok"]))).toEqual(["start more"]));
  test("is not parked for a waiting branch while another one runs", () =>
    expect(says(lanes, aHistory(["ask:human", "work:running"]))).toEqual(["wait"]));

  test("with fail_fast stops what is running", () => {
    const fast = { ...diamond, fail_fast: true };
    expect(says(fast, aHistory(["a:ok", "left:failed", "right:running"]))).toEqual(["stop", "wait"]);
    expect(says(fast, aHistory(["a:ok", "left:failed", "right:cancelled"]))).toEqual(["end failed broken at left"]);
  });

  test("goes on past a failure that may be", () => {
    const calm = aWorkflow(["-> a", { id: "b", depends_on: ["a"], continue_on_error: true }, "b -> c"]);
    expect(says(calm, aHistory(["a:ok", "b:failed"]))).toEqual(["start c"]);
    expect(says(calm, aHistory(["a:ok", "b:failed", "c:ok"]))).toEqual(["end succeeded"]);
  });
});

describe("a retry in place", () => {
  const again = { incarnation: 2 };
  test("takes a sequence up at the step that failed", () =>
    expect(says(aWorkflow(["a", "b", "c"]), aHistory(["1#a:ok", "1#b:failed"], again))).toEqual(["start b"]));
  test("takes a sequence up at the step that was cancelled", () =>
    expect(says(aWorkflow(["a", "b"]), aHistory(["1#a:ok", "1#b:cancelled"], again))).toEqual(["start b"]));
  test("fails again when the step does", () =>
    expect(says(aWorkflow(["a", "b"]), aHistory(["1#a:ok", "1#b:failed", "b:failed"], again))).toEqual([
      "end failed broken at b",
    ]));
  test("goes on after the last step when only the end of the run had failed", () =>
    expect(says(aWorkflow(["a"]), aHistory(["1#a:ok"], again))).toEqual(["end succeeded"]));
  test("starts only the failed and cancelled steps of a graph", () =>
    expect(
      says(
        aWorkflow(["-> a", "a -> b", "a -> c", "b c -> d"]),
        aHistory(["1#a:ok", "1#b:failed", "1#c:cancelled"], again),
      ),
    ).toEqual(["start b", "start c"]));
  test("runs the finally steps again", () =>
    expect(says(aWorkflow(["a"], { finally: ["f"] }), aHistory(["1#a:failed", "1#f/ok", "a:ok"], again))).toEqual([
      "start f (finally)",
    ]));
});

describe("finally", () => {
  const tidy = aWorkflow(["a"], { finally: ["f", "g"] });
  const table: [story: string, told: string[], of: object, says: string[]][] = [
    ["comes after success", ["a:ok"], {}, ["start f (finally)"]],
    ["comes after a failure", ["a:failed"], {}, ["start f (finally)"]],
    ["comes after a cancel", ["a:cancelled"], { cancelRequested: true }, ["start f (finally)"]],
    ["comes after the run's time is over", ["a:delay"], { deadlineAt: NOW }, ["start f (finally)"]],
    ["is not stopped by a cancel", ["a:ok", "f/running"], { cancelRequested: true }, ["wait"]],
    ["is not held up by a pause", ["a:ok"], { pauseRequested: true }, ["start f (finally)"]],
    ["goes one by one", ["a:ok", "f/ok"], {}, ["start g (finally)"]],
    ["goes on although one of them failed", ["a:ok", "f/failed"], {}, ["start g (finally)"]],
    ["keeps success", ["a:ok", "f/ok", "g/ok"], {}, ["end succeeded"]],
    ["keeps the failure", ["a:failed", "f/ok", "g/ok"], {}, ["end failed broken at a"]],
    [
      "keeps the failure although one of them failed too",
      ["a:failed", "f/timeout", "g/ok"],
      {},
      ["end failed broken at a"],
    ],
    ["fails a run that had succeeded", ["a:ok", "f/ok", "g/timeout"], {}, ["end failed timeout at g"]],
    ["may wait", ["a:ok", "f/delay"], {}, ["park waiting delay until 500"]],
    ["may be tried again", ["a:ok", "f/due"], {}, ["attempt f 2"]],
    ["may take longer than the run was given", ["a:ok", "f/ok", "g/ok"], { deadlineAt: NOW - 5 }, ["end succeeded"]],
    ["keeps the reason when the time runs out meanwhile", ["a:failed", "f/running"], { deadlineAt: NOW - 5 }, ["wait"]],
    ["is not needed where nothing was done", [], { cancelRequested: true }, ["end cancelled"]],
  ];
  test.each(table)("%s", (_story, told, of, expected) => expect(says(tidy, aHistory(told, of))).toEqual(expected));

  test("the reason of a failed run is that of its step, however long finally takes", () =>
    expect(says(tidy, aHistory(["a:failed", "f/ok", "g/ok"], { deadlineAt: NOW - 5 }))).toEqual([
      "end failed broken at a",
    ]));

  test("a failure that may be does not fail the run", () => {
    const calm = aWorkflow(["a"], { finally: [{ id: "f", continue_on_error: true }] });
    expect(says(calm, aHistory(["a:ok", "f/failed"]))).toEqual(["end succeeded"]);
  });
});

describe("pause, cancel and the run's time", () => {
  const ab = aWorkflow(["a", "b"]);
  const graph = aWorkflow(["-> a", "-> b", "a -> c"]);
  const table: [story: string, definition: typeof ab, told: string[], of: object, says: string[]][] = [
    ["a pause begins nothing new", ab, ["a:ok"], { pauseRequested: true }, ["park paused paused_by_user"]],
    ["a pause lets a running step end", ab, ["a:running"], { pauseRequested: true }, ["wait"]],
    ["a pause holds the next attempt", ab, ["a:due"], { pauseRequested: true }, ["park paused paused_by_user"]],
    ["a pause starts no branch beside a running one", graph, ["a:ok", "b:running"], { pauseRequested: true }, ["wait"]],
    [
      "a run that is done ends although it was to pause",
      ab,
      ["a:ok", "b:ok"],
      { pauseRequested: true },
      ["end succeeded"],
    ],
    [
      "what waits for a person says so, paused or not",
      ab,
      ["a:human"],
      { pauseRequested: true },
      ["park waiting_human awaiting_review"],
    ],
    ["a cancel stops what is running", ab, ["a:running"], { cancelRequested: true }, ["stop", "wait"]],
    ["a cancel ends what waits", ab, ["a:delay"], { cancelRequested: true }, ["end cancelled"]],
    ["a cancel wins over completion", ab, ["a:ok", "b:ok"], { cancelRequested: true }, ["end cancelled"]],
    ["a cancel wins over a pause", ab, ["a:ok"], { cancelRequested: true, pauseRequested: true }, ["end cancelled"]],
    ["at the deadline a running step is stopped", ab, ["a:running"], { deadlineAt: NOW }, ["stop", "wait"]],
    ["past the deadline a waiting run fails", ab, ["a:human"], { deadlineAt: NOW - 1 }, ["end failed run_timeout"]],
    ["before the deadline nothing changes", ab, ["a:ok"], { deadlineAt: NOW + 1 }, ["start b"]],
    ["a run that ended in time keeps its success", ab, ["a:ok", "b:ok"], { deadlineAt: NOW - 1 }, ["end succeeded"]],
  ];
  test.each(table)("%s", (_story, definition, told, of, expected) =>
    expect(says(definition, aHistory(told, of))).toEqual(expected),
  );

  test("a step that was stopped at the deadline makes a timeout, not a cancelled run", () => {
    const history = aHistory(["a:cancelled"], { deadlineAt: NOW - 10 });
    expect(says(ab, history)).toEqual(["end failed run_timeout"]);
  });
});

test("C063 State table: legal and illegal edges", () => {
  expect(mayMove("running", "queued")).toBe(false);
  expect(mayMove("queued", "paused")).toBe(true);
  expect(mayMove("running", "paused")).toBe(true);
  expect(mayMove("paused", "running")).toBe(true);
});

test("what has ended moves on by an explicit retry alone, and a success never", () => {
  for (const ended of TERMINAL_STATUSES) for (const to of RUN_STATUSES) expect(mayMove(ended, to)).toBe(false);
  expect(mayMove("failed", "queued", "retry")).toBe(true);
  expect(mayMove("cancelled", "queued", "retry")).toBe(true);
  expect(mayMove("succeeded", "queued", "retry")).toBe(false);
});

describe("property: whatever the definition and whatever its steps come to,", () => {
  const ids = ["s0", "s1", "s2", "s3", "s4", "s5"];
  const plainFate = fc.constantFrom<Fate>("ok", "ok", "ok", "fail", "wait", "human", "retry");
  const jumpFate = fc.oneof(
    { weight: 3, arbitrary: plainFate },
    fc.constantFrom(...ids, END).map((jump): Fate => ({ jump })),
  );
  const flags = fc.record({ continue_on_error: fc.boolean(), jumps: fc.option(fc.constantFrom(...ids, END)) });
  const aSequence = fc.array(flags, { minLength: 1, maxLength: 6 }).map((steps) => {
    const known = new Set([...ids.slice(0, steps.length), END]);
    return aWorkflow(
      steps.map(({ continue_on_error, jumps }, index) => ({
        id: ids[index] ?? "",
        continue_on_error,
        on_failure: jumps !== null && known.has(jumps) ? jumps : null,
      })),
      { finally: ["f0", "f1"] },
    );
  });
  const aGraph = fc
    .tuple(fc.array(fc.tuple(fc.boolean(), fc.nat()), { minLength: 1, maxLength: 6 }), fc.boolean())
    .map(([steps, fail_fast]) =>
      aWorkflow(
        steps.map(([continue_on_error, bits], index) => ({
          id: ids[index] ?? "",
          continue_on_error,
          depends_on: ids.slice(0, index).filter((_, other) => (bits >> other) & 1),
        })),
        { fail_fast, finally: ["f0"] },
      ),
    );
  /** Fates by visit; what is not told succeeds, and nothing is tried again for ever. */
  const fatesOf = (told: Fate[]) => {
    let next = 0;
    return (_step: string, _visit: number, attempt: number): Fate => {
      const fate = told[next++] ?? "ok";
      return fate === "retry" && attempt > 2 ? "fail" : fate;
    };
  };
  /** Fates that do not depend on what else has ended before. */
  const byStep =
    (told: Fate[]) =>
    (step: string, visit: number, attempt: number): Fate => {
      const fate = visit > 3 ? "ok" : (told[(ids.indexOf(step) + visit * 6) % Math.max(1, told.length)] ?? "ok");
      return fate === "retry" && attempt > 2 ? "fail" : fate;
    };
  const pickOf = (numbers: number[]) => {
    let next = 0;
    return () => (numbers[next++ % Math.max(1, numbers.length)] ?? 0) / 100;
  };
  const picks = fc.array(fc.nat(99), { minLength: 1, maxLength: 10 });

  test("a sequence ends, and visits a step again only by a jump", () => {
    fc.assert(
      fc.property(aSequence, fc.array(jumpFate, { maxLength: 30 }), picks, (definition, told, numbers) => {
        const jumps = told.some((fate) => typeof fate === "object");
        const { outcome, starts } = play(definition, { fates: fatesOf(told), pick: pickOf(numbers) });
        expect(["succeeded", "failed"]).toContain(outcome.status);
        const mayJump = jumps || definition.steps.some((step) => step.on_failure);
        const visited = starts.map((start) => start.stepId);
        if (!mayJump) expect(new Set(visited).size).toBe(visited.length);
        expect(visited.slice(-2)).toEqual(["f0", "f1"]);
      }),
      { numRuns: 300 },
    );
  });

  test("a graph ends, starts each step at most once, and none before its dependencies", () => {
    fc.assert(
      fc.property(aGraph, fc.array(plainFate, { maxLength: 20 }), picks, (definition, told, numbers) => {
        const { outcome, starts, history } = play(definition, { fates: fatesOf(told), pick: pickOf(numbers) });
        const visited = starts.map((start) => start.stepId);
        expect(new Set(visited).size).toBe(visited.length);
        for (const { stepId, over } of starts) {
          const needs = definition.steps.find((step) => step.id === stepId)?.depends_on ?? [];
          expect(needs.filter((id) => !over.has(id))).toEqual([]);
        }
        if (outcome.status === "succeeded")
          expect(visited.toSorted()).toEqual([...definition.steps.map((step) => step.id), "f0"].toSorted());
        else expect(history.visits.some((visit) => visit.state.status === "failed")).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("a pause, whenever it comes, begins nothing new, and what was to come comes after it", () => {
    fc.assert(
      fc.property(
        fc.oneof(aSequence, aGraph),
        fc.array(jumpFate, { maxLength: 20 }),
        fc.integer({ min: 0, max: 20 }),
        (definition, told, pauseAfter) => {
          const drive = { fates: byStep(told), pick: () => 0 };
          const straight = play(definition, drive);
          const paused = play(definition, { ...drive, pauseAfter });
          expect(paused.outcome.status).toBe(straight.outcome.status);
          // Which branch of a graph fails first may well depend on a pause; a sequence goes the very same way.
          if (isGraph(definition)) return;
          expect(paused.outcome).toEqual(straight.outcome);
          expect(paused.starts.map((start) => start.stepId)).toEqual(straight.starts.map((start) => start.stepId));
        },
      ),
      { numRuns: 200 },
    );
  });

  test("a cancel, whenever it comes, ends the run as cancelled unless it had ended", () => {
    fc.assert(
      fc.property(
        fc.oneof(aSequence, aGraph),
        fc.array(jumpFate, { maxLength: 20 }),
        picks,
        fc.integer({ min: 1, max: 20 }),
        (definition, told, numbers, cancelAfter) => {
          const played = play(definition, { fates: fatesOf(told), pick: pickOf(numbers), cancelAfter });
          if (played.actions > cancelAfter) expect(played.outcome.status).toBe("cancelled");
        },
      ),
      { numRuns: 300 },
    );
  });
});
