/**
 * A stopwatch between two steps of one run. Its start is kept in the workflow's memory under the run's id, so it is found
 * again after a restart of the app, and never by another run.
 */
import { z } from "zod";
import { toIso } from "../lib/clock.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  timer_name: z.string().min(1).max(100).default("default").describe("Which timer; a run may have several"),
});

const Timer = z.object({
  /** Epoch milliseconds. */
  started_at: z.number(),
  /** The visit of a step that started it. */
  by: z.string(),
});

const keyOf = (runId: string, name: string): string => `timing:${runId}:${name}`;

export const timingStart = defineStep({
  type: "timing_start",
  title: "Start a timer",
  group: "core",
  description:
    "Starts a timer that timing_stop reads later in the run. Gives `timer_name`, `started_at` in epoch milliseconds and `started_at_iso`.",
  schema,
  example: { timer_name: "download" },
  // Done again after a crash, it leaves the first start as it was.
  capability: CAPABILITY.quiet,
  inner: true,
  async execute({ config: { timer_name }, run, step, clock, signal, state }) {
    if (signal.aborted) return { status: "cancelled" };
    const key = keyOf(run.id, timer_name);
    const by = `${step.id}:${step.visit}`;
    let startedAt = clock.now();
    await state.change(key, (stored) => {
      const known = Timer.safeParse(stored);
      if (known.success && known.data.by === by) startedAt = known.data.started_at;
      return { started_at: startedAt, by } satisfies z.infer<typeof Timer>;
    });
    return ok({ timer_name, started_at: startedAt, started_at_iso: toIso(startedAt) });
  },
});

export const timingStop = defineStep({
  type: "timing_stop",
  title: "Read a timer",
  group: "core",
  description:
    "Tells the time since timing_start of the same name in this run. Gives `elapsed_ms`, `elapsed_seconds`, `started_at`, `stopped_at` and `stopped_at_iso`.",
  schema,
  example: { timer_name: "download" },
  capability: CAPABILITY.quiet,
  inner: true,
  async execute({ config: { timer_name }, run, clock, signal, state }) {
    if (signal.aborted) return { status: "cancelled" };
    const timer = Timer.safeParse(await state.get(keyOf(run.id, timer_name)));
    if (!timer.success) {
      return failed("timer_not_found", `No timer "${timer_name}" was started in this run.`, {
        hint: "Put a timing_start with the same timer_name before it.",
        retryable: false,
      });
    }
    const { started_at } = timer.data;
    const stoppedAt = clock.now();
    // Wall time, as it must outlive the process; a clock that was set back shows no negative time.
    const elapsedMs = Math.max(stoppedAt - started_at, 0);
    return ok({
      timer_name,
      elapsed_ms: elapsedMs,
      elapsed_seconds: elapsedMs / 1000,
      started_at,
      stopped_at: stoppedAt,
      stopped_at_iso: toIso(stoppedAt),
    });
  },
});
