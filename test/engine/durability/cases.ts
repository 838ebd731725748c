/**
 * Random cases for the durability property: what runs, how each attempt of each step comes out, when the engine is
 * killed, and what the person at the desk does. Plain data, so that a failing case can be read. Nothing runs here.
 */
import fc from "fast-check";
import { END, type StepDefinition, type WorkflowDefinitionInput } from "../../../shared/definition.ts";

/** How one execution of a step comes out. `{ jump }`: it succeeds and names the step to go to. */
export type Fate = "ok" | "slow" | "fail" | "retry" | "wait" | "human" | "approval" | { jump: string };

/** By step id: the fates of its executions in order; it succeeds when they are used up, so that every jump ends. */
export type Script = Readonly<Record<string, readonly Fate[]>>;

/**
 * The moment of a kill, counted from the start of the engine: right after a commit of which nobody has heard yet, as a
 * write is asked for, or as a step has just done its work.
 */
export interface Death {
  at: "commit" | "write" | "step";
  after: number;
}

export interface Story {
  definition: WorkflowDefinitionInput;
  script: Script;
}

export interface Case {
  stories: readonly Story[];
  deaths: readonly Death[];
  /** What the person does, as numbers that are taken in turn; each use says what they stand for. */
  whims: readonly number[];
}

/** Step types of the test's own behaviour under names that definitions may use. */
export const SAFE_TYPE = "log";
export const UNSAFE_TYPE = "checkpoint";

const IDS = ["a", "b", "c", "d", "e"] as const;
const MOST_FATES = 3;
const LAST_STEP = "z";

type StepInput = WorkflowDefinitionInput["steps"][number];

const quirks = fc.record({
  type: fc.constantFrom(SAFE_TYPE, UNSAFE_TYPE),
  retry: fc.constantFrom<StepDefinition["retry"]>(undefined, 2, { max: 2, backoff: "fixed", base_ms: 0 }),
  continue_on_error: fc.constantFrom(undefined, undefined, true),
});

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fate>("ok") },
  { weight: 7, arbitrary: fc.constantFrom<Fate>("slow", "fail", "retry", "retry", "wait", "human", "approval") },
);

/** Steps in a row whose handlers lead forward; only a fate leads back, and fates are used up. */
const sequence: fc.Arbitrary<Story> = fc.integer({ min: 1, max: 4 }).chain((count) => {
  const ids = IDS.slice(0, count);
  const jump = fc.constantFrom(...ids, END).map((target): Fate => ({ jump: target }));
  const steps = ids.map((id, at) => {
    const onward = fc.constantFrom(undefined, undefined, ...ids.slice(at + 1), END);
    return fc.record({ id: fc.constant(id), quirks, on_success: onward, on_failure: onward });
  });
  return story(fc.tuple(...steps), fc.oneof({ weight: 5, arbitrary: fate }, { weight: 1, arbitrary: jump }), ids);
});

const graph: fc.Arbitrary<Story> = fc.integer({ min: 2, max: 5 }).chain((count) => {
  const ids = IDS.slice(0, count);
  const steps = ids.map((id, at) =>
    fc.record({ id: fc.constant(id), quirks, depends_on: fc.subarray([...ids.slice(0, at)]) }),
  );
  return story(fc.tuple(...steps), fate, ids, fc.constantFrom(undefined, true));
});

type Drawn = Omit<StepInput, "type"> & { quirks: Pick<StepInput, "type" | "retry" | "continue_on_error"> };

function story(
  steps: fc.Arbitrary<Drawn[]>,
  fates: fc.Arbitrary<Fate>,
  ids: readonly string[],
  failFast: fc.Arbitrary<true | undefined> = fc.constant(undefined),
): fc.Arbitrary<Story> {
  const list = fc.array(fates, { maxLength: MOST_FATES });
  return fc
    .record({
      steps,
      failFast,
      timeout: fc.constantFrom(undefined, undefined, undefined, 4),
      last: fc.option(quirks, { nil: undefined }),
      fates: fc.tuple(...ids.map(() => list)),
      lastFates: fc.array(fate, { maxLength: 1 }),
    })
    .map(({ steps, failFast, timeout, last, fates, lastFates }) => ({
      definition: {
        name: "story",
        steps: steps.map(({ quirks, ...step }) => ({ ...step, ...quirks })),
        finally: last && [{ id: LAST_STEP, ...last }],
        fail_fast: failFast,
        timeout_seconds: timeout,
      },
      script: { ...Object.fromEntries(ids.map((id, at) => [id, fates[at] ?? []])), [LAST_STEP]: lastFates },
    }));
}

const death: fc.Arbitrary<Death> = fc.record({
  at: fc.constantFrom("commit", "write", "step"),
  after: fc.integer({ min: 1, max: 6 }),
});

export const aCase: fc.Arbitrary<Case> = fc.record({
  stories: fc.array(fc.oneof(sequence, graph), { minLength: 1, maxLength: 2 }),
  deaths: fc.array(death, { minLength: 2, maxLength: 6 }),
  whims: fc.array(fc.nat(23), { minLength: 1, maxLength: 12 }),
});
