/** The program of a compute thread: runs one task after another, with nothing of the app at hand but its input. */
import { messageOf } from "../lib/app-error.ts";
import type { TaskOutcome } from "../steps/tasks/outcome.ts";
import { runTask } from "../steps/tasks/run-task.ts";
import { compile } from "./templating/compile.ts";
import { evaluate, type Scope } from "./templating/evaluate.ts";

/** A task of a step; its failure travels as a value, because errors lose their codes between threads. */
export const run_task = ({ task, input }: { task: string; input: unknown }): Promise<TaskOutcome> =>
  runTask(task, input);

/** A template over a scope; see `templating/`. */
export function render_template({ text, scope }: { text: string; scope: Scope }): TaskOutcome {
  try {
    return { ok: true, value: evaluate(compile(text), scope) };
  } catch (error) {
    return { ok: false, code: "template_error", message: messageOf(error) };
  }
}
