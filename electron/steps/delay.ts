/** A pause that survives a restart. */
import { z } from "zod";
import { CAPABILITY, defineStep, ok } from "./step-type.ts";

const LONGEST_MS = 366 * 86_400_000;

const schema = z.strictObject({
  milliseconds: z.int().min(0).max(LONGEST_MS).default(1000).describe("How long; 0 is no pause"),
});

export const delay = defineStep({
  type: "delay",
  title: "Wait a while",
  group: "core",
  description: "Pauses the run. It holds no slot meanwhile and goes on after a restart. Gives `delayed_ms`.",
  schema,
  example: { milliseconds: 1000 },
  capability: CAPABILITY.quiet,
  // Inside map it waits in place; see map.ts.
  inner: true,
  execute({ config: { milliseconds }, clock }) {
    const outputs = { delayed_ms: milliseconds };
    if (milliseconds === 0) return ok(outputs);
    return { status: "wait", wait: { kind: "time", dueAt: clock.now() + milliseconds, outputs } };
  },
});
