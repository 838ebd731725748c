/** Values that outlive a run: what this workflow remembers from one run to the next. */
import { z } from "zod";
import { CAPABILITY, defineStep, ok, StepError } from "./step-type.ts";

const schema = z
  .strictObject({
    action: z.enum(["get", "set", "increment"]).default("get"),
    key: z.string().min(1).max(200).describe("The name of the value"),
    value: z.unknown().optional().describe("set: the new value; increment: how much to add, 1 if not given"),
    default: z.unknown().optional().describe("get and increment: what to take when there is no value yet"),
  })
  .refine((config) => config.action !== "set" || config.value !== undefined, {
    path: ["value"],
    error: "set needs a value",
  });

export const state = defineStep({
  type: "state",
  title: "Remember",
  group: "core",
  description:
    "Reads or writes a value that later runs of this workflow see. Gives `key`, `value`, `previous` and `found`.",
  schema,
  example: { action: "increment", key: "runs", value: 1 },
  capability: CAPABILITY.local,
  inner: true,
  async execute({ config: { action, key, value, default: fallback }, state }) {
    if (action === "increment") {
      const { stored, value: sum } = await state.change(key, (stored) => increased(key, stored ?? fallback, value));
      return ok({ key, value: sum, previous: stored ?? fallback ?? null, found: isFound(stored) });
    }
    const stored = await state.get(key);
    const [found, previous] = [isFound(stored), stored ?? fallback ?? null];
    if (action === "get") return ok({ key, value: previous, previous, found });
    await state.set(key, value);
    return ok({ key, value, previous, found });
  },
});

const isFound = (stored: unknown): boolean => stored !== undefined && stored !== null;

function increased(key: string, stored: unknown, by: unknown): number {
  const sum = Number(stored ?? 0) + Number(by ?? 1);
  if (Number.isFinite(sum)) return sum;
  throw new StepError(
    "validation_error",
    `"${key}" cannot be increased: what is stored, or what is added, is not a number.`,
    { hint: "Use action set to store a number first." },
  );
}
