/**
 * What can happen to a run while the engine works on it, as data. The engine makes facts, folds them into its history
 * and hands them to the store, which writes rows and events for them in one transaction. There is no other way in.
 */
import type { Failure } from "../../shared/error.ts";
import type { NewEvent } from "../../shared/event.ts";
import type { Capability } from "../../shared/step-type.ts";
import type { RunStatus } from "../../shared/transitions.ts";

export type Json = Record<string, unknown>;

/** Which part of the definition a step belongs to. `finally` steps run whatever became of the others. */
export type Phase = "main" | "finally";

interface OfStep {
  at: number;
  stepRunId: string;
  stepId: string;
}

export type StepWait =
  | { kind: "time"; dueAt: number; outputs: Json }
  | {
      kind: "approval" | "human";
      assignedTo: string;
      instructions: string | null;
      formSchema: Json | null;
      deadlineAt: number | null;
    };

export interface VisitStarted extends OfStep {
  is: "visit_started";
  visit: number;
  phase: Phase;
  name: string | null;
  type: string;
  /** The config as resolved for this visit. */
  inputs: Json | null;
  capability: Capability | null;
}

export type Fact =
  | VisitStarted
  /** A further attempt of a visit that has started before. */
  | (OfStep & { is: "attempt_started"; attempt: number; type: string; capability: Capability | null })
  /** An attempt failed and another one follows at `nextAttemptAt`. */
  | (OfStep & {
      is: "attempt_failed";
      attempt: number;
      failure: Failure;
      nextAttemptAt: number;
      timeoutSeconds: number;
    })
  | (OfStep & {
      is: "visit_succeeded";
      type: string;
      attempt: number;
      startedAt: number;
      outputs: Json;
      next: string | null;
    })
  | (OfStep & {
      is: "visit_failed";
      attempt: number;
      failure: Failure;
      outputs: Json;
      timeoutSeconds: number;
      /** Set when the step asked for retries that its failure rules out. */
      retrySuppressed: boolean;
    })
  | (OfStep & { is: "visit_skipped"; visit: number; phase: Phase; name: string | null; type: string; reason: string })
  | (OfStep & { is: "visit_cancelled"; attempt: number })
  | (OfStep & { is: "visit_waits"; attempt: number; wait: StepWait })
  | { is: "happened"; event: NewEvent }
  /** A worker has taken the run up again; the row says so, the log does not. */
  | { is: "claimed" }
  | { is: "run_started"; at: number; incarnation: number; deadlineAt: number | null }
  | {
      is: "run_parked";
      at: number;
      status: RunStatus;
      reason: string | null;
      dueAt: number | null;
      /** The run parks on its way to being cancelled: one of its `finally` steps waits. */
      cancelKnown?: boolean;
    }
  | {
      is: "run_ended";
      at: number;
      status: "succeeded" | "failed" | "cancelled";
      startedAt: number;
      reason: string | null;
      outputs: Json | null;
      failure: Failure | null;
      failedStepId: string | null;
    };

/** The facts of one run that commit together, and how far it has come. */
export interface RunRecord {
  runId: string;
  leaseId: string;
  /** True for the first record of a lease: the run must still be waiting for a slot. */
  claim: boolean;
  incarnation: number;
  facts: readonly Fact[];
  currentStep: string | null;
  stepsDone: number;
}

export type RecordOutcome =
  /** `ended: false` although a fact said so: a cancel came first, and a cancel wins over completion. */
  | { recorded: true; ended: boolean; cancelRequested: boolean; pauseRequested: boolean }
  /** Somebody else has the run now, or it was ended: nothing was written and the worker must stop. */
  | { recorded: false };
