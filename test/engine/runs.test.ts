/** Stories of runs over HTTP: how steps follow each other, fail, wait, and are controlled. */
import { expect, test } from "vitest";
import { startApp } from "../support/running-app.ts";

test("a sequence runs its steps in order and gives the outputs of the last", async () => {
  const app = await startApp();
  const run = await app.run(
    {
      name: "greet",
      steps: [
        { id: "a", type: "prompt", config: { template: "one" } },
        { id: "b", type: "prompt", config: { template: "{{ a.text }}-{{ last.text }} for {{ inputs.who }}" } },
      ],
    },
    { who: "Rhea" },
  );
  expect(run).toMatchObject({ status: "succeeded", outputs: { text: "one-one for Rhea" }, error: null });
  const events = await app.events(run.run_id);
  expect(events.map((event) => event.event_type)).toEqual([
    "run_queued",
    "run_started",
    "step_started",
    "step_completed",
    "step_started",
    "step_completed",
    "run_completed",
  ]);
  expect(events.map((event) => event.event_seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("a delay parks the run until its time, and cancelling it ends the run", async () => {
  const app = await startApp();
  const runId = await app.start({
    name: "later",
    steps: [{ id: "w", type: "delay", config: { milliseconds: 3_600_000 } }],
  });
  expect(await app.until(runId, "waiting")).toMatchObject({ status_reason: "delay", current_step: "w" });
  expect((await app.control(runId, "cancel")).body.result).toBe("applied");
  expect(await app.getRun(runId)).toMatchObject({ status: "cancelled" });
});
