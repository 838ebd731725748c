/** The secrets that one run may use, and what takes them out of all that is kept of it. */

import type { Failure } from "../../../shared/error.ts";
import type { NewEvent } from "../../../shared/event.ts";
import type { Fact, Json, StepWait } from "../../store/facts.ts";
import { createRedactor, type Redactor } from "./redact.ts";
import type { Vault } from "./vault.ts";

export interface RunSecrets {
  /** Name -> value, as templates see them under `secrets`. The run's own win over named ones. */
  values: Readonly<Record<string, string>>;
  redact: Redactor;
}

/** Throws AppError `secrets_unreadable` if the vault cannot be opened. */
export function secretsOf(vault: Vault, runId: string): RunSecrets {
  const named = vault.names().map((name): [string, string] => [name, vault.named(name) ?? ""]);
  const values = { ...Object.fromEntries(named), ...vault.ofRun(runId) };
  return { values, redact: createRedactor(values) };
}

/**
 * The fact as it may be kept. Only what came from outside is looked through: ids, words of the state machine and codes
 * stay, since a secret that happens to read like one of them must not break the record.
 */
export function redactFact(fact: Fact, redact: Redactor): Fact {
  switch (fact.is) {
    case "visit_started":
      return { ...fact, inputs: redact(fact.inputs) };
    case "attempt_failed":
      return { ...fact, failure: redactFailure(fact.failure, redact) };
    case "visit_succeeded":
      return { ...fact, outputs: redact(fact.outputs) };
    case "visit_failed":
      return { ...fact, failure: redactFailure(fact.failure, redact), outputs: redact(fact.outputs) };
    case "visit_skipped":
      return { ...fact, reason: redact(fact.reason) };
    case "visit_waits":
      return { ...fact, wait: redactWait(fact.wait, redact) };
    case "run_ended":
      return { ...fact, outputs: redact(fact.outputs), failure: fact.failure && redactFailure(fact.failure, redact) };
    case "happened":
      return { ...fact, event: redactEvent(fact.event, redact) };
    default:
      return fact;
  }
}

const redactFailure = (failure: Failure, redact: Redactor): Failure => ({
  ...failure,
  message: redact(failure.message),
  hint: redact(failure.hint),
});

const redactWait = (wait: StepWait, redact: Redactor): StepWait =>
  wait.kind === "time"
    ? { ...wait, outputs: redact(wait.outputs) }
    : { ...wait, instructions: redact(wait.instructions), formSchema: redact(wait.formSchema) };

/** Fields of event payloads that name things of the run itself. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["step_id", "artifact_id", "type", "level", "code"]);

function redactEvent(event: NewEvent, redact: Redactor): NewEvent {
  const payload = Object.entries(event.payload as Json).map(([key, value]): [string, unknown] => [
    key,
    OWN_FIELDS.has(key) ? value : redact(value),
  ]);
  return { ...event, payload: Object.fromEntries(payload) } as NewEvent;
}
