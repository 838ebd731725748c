/** The program of a compute thread: runs one task after another, with nothing of the app at hand but its input. */
import type { MessagePort } from "node:worker_threads";
import { messageOf } from "../lib/app-error.ts";
import type { TaskOutcome } from "../steps/tasks/outcome.ts";
import { runTask } from "../steps/tasks/run-task.ts";
import { type Judgement, type JudgeRequest, judge } from "./input-schema.ts";
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

/** Inputs by a schema that may run away; says through `begun` when its limit starts to count. */
export const judge_inputs = ({ request, begun }: { request: JudgeRequest; begun: MessagePort }): Promise<Judgement> =>
  judge(request, () => begun.postMessage("begun"));
