/** The worker's side of a task: run it by name, and give its result or its failure as plain data. */
import { messageOf } from "../../lib/app-error.ts";
import { StepError } from "../step-type.ts";
import { type ComputeTasks, computeTasks } from "./index.ts";
import type { TaskOutcome } from "./outcome.ts";

/** Never rejects. */
export async function runTask(task: string, input: unknown): Promise<TaskOutcome> {
  try {
    if (!Object.hasOwn(computeTasks, task)) throw new Error(`there is no task named ${task}`);
    const run = computeTasks[task as keyof ComputeTasks] as (input: unknown) => unknown;
    return { ok: true, value: await run(input) };
  } catch (error) {
    const known = error instanceof StepError;
    return {
      ok: false,
      code: known ? error.code : "step_crashed",
      message: messageOf(error),
      hint: known ? error.extra.hint : undefined,
    };
  }
}
