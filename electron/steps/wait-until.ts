/** A pause until a point in time. */
import { z } from "zod";
import { toIso } from "../lib/clock.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  until: z.string().min(1).describe("ISO 8601 with its offset, e.g. 2030-01-31T09:00:00+01:00; the past is no pause"),
});

/** A time without an offset would mean another moment on another machine. */
const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i;

export const waitUntil = defineStep({
  type: "wait_until",
  title: "Wait until",
  group: "core",
  description: "Pauses the run until a moment. Survives a restart. Gives `waited_until`.",
  schema,
  example: { until: "2030-01-31T09:00:00+01:00" },
  capability: CAPABILITY.quiet,
  inner: false,
  execute({ config, clock }) {
    const dueAt = WITH_OFFSET.test(config.until) ? Date.parse(config.until) : Number.NaN;
    if (Number.isNaN(dueAt)) {
      return failed("validation_error", `"${config.until}" is not a time with an offset.`, {
        hint: "Write it like 2030-01-31T09:00:00+01:00 or 2030-01-31T08:00:00Z.",
      });
    }
    const outputs = { waited_until: toIso(dueAt) };
    return dueAt <= clock.now() ? ok(outputs) : { status: "wait", wait: { kind: "time", dueAt, outputs } };
  },
});
