/**
 * The step types of the durability property. They do as the case's script says, and keep count of what they did outside
 * of any engine, where no kill can take it back.
 */
import { STEP_TYPES } from "../../../electron/steps/registry.ts";
import {
  CAPABILITY,
  failed,
  ok,
  type StepContext,
  type StepResult,
  type StepType,
} from "../../../electron/steps/step-type.ts";
import type { Store } from "../../../electron/store/store.ts";
import { type Fate, SAFE_TYPE, UNSAFE_TYPE } from "./cases.ts";
import { type Life, never, type World } from "./mortal-engine.ts";

const SLOW_MS = 700;
const WAIT_MS = 1200;
const DECISION_MS = 5000;

export function scriptedSteps(world: World, life: Life, store: Store): [string, StepType][] {
  const base = STEP_TYPES.get(SAFE_TYPE);
  if (!base) throw new Error(`there is no step type ${SAFE_TYPE}`);
  const made = (type: string, safe: boolean): [string, StepType] => [
    type,
    {
      ...base,
      type,
      capability: safe ? CAPABILITY.pure : CAPABILITY.local,
      execute(context) {
        if (life.dead) return never;
        note(world, store, context, safe);
        life.pass("step");
        return life.dead ? never : resultOf(fateOf(world, context), context);
      },
    },
  ];
  return [made(SAFE_TYPE, true), made(UNSAFE_TYPE, false)];
}

/** It is about to do its work: count it, and see that it may. */
function note(world: World, store: Store, { step }: StepContext<unknown>, safe: boolean): void {
  const { stepRunId, attempt } = step;
  const key = `${stepRunId}#${attempt}`;
  const times = (world.executions.get(key) ?? 0) + 1;
  world.executions.set(key, times);
  const row = store.stepRuns.get(stepRunId);
  if (row && row.endedAt !== null) world.faults.push(`${key} is executed although its row says ${row.status}`);
  if (safe) return;
  if (times > 1) world.faults.push(`${key} is not safe to replay and is executed ${times} times`);
  if (row?.status !== "running" || row.attempt !== attempt)
    world.faults.push(`${key} is not safe to replay and is executed before its start is on disk`);
}

const fateOf = (world: World, { run, step }: StepContext<unknown>): Fate =>
  world.scriptOf(run.workflowName)[step.id]?.[step.visit + step.attempt - 2] ?? "ok";

function resultOf(fate: Fate, { clock, step, signal }: StepContext<unknown>): StepResult | Promise<StepResult> {
  const done = ok({ text: `${step.id} ${step.visit} ${step.attempt}` });
  if (typeof fate === "object") return ok({ text: "jumps" }, fate.jump);
  switch (fate) {
    case "ok":
      return done;
    case "slow":
      return new Promise((resolve) => {
        clock.after(SLOW_MS, () => resolve(done));
        signal.addEventListener("abort", () => resolve({ status: "cancelled" }), { once: true });
      });
    case "fail":
      return failed("broken", "It is broken.", { retryable: false });
    case "retry":
      return failed("shaky", "It may work the next time.");
    case "wait":
      return { status: "wait", wait: { kind: "time", dueAt: clock.now() + WAIT_MS, outputs: { waited: true } } };
    case "human":
    case "approval": {
      const deadlineAt = step.attempt % 2 === 0 ? clock.now() + DECISION_MS : null;
      const wait = { kind: fate, assignedTo: "local", instructions: null, formSchema: null, deadlineAt };
      return { status: "wait", wait };
    }
  }
}
