/** Values that outlive a run: what this workflow remembers from one run to the next. */
import { z } from "zod";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

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
    const stored = await state.get(key);
    const found = stored !== undefined && stored !== null;
    const previous = found ? stored : (fallback ?? null);
    if (action === "get") return ok({ key, value: previous, previous, found });
    if (action === "set") {
      await state.set(key, value);
      return ok({ key, value, previous, found });
    }
    const sum = Number(previous ?? 0) + Number(value ?? 1);
    if (!Number.isFinite(sum)) {
      return failed(
        "validation_error",
        `"${key}" cannot be increased: what is stored, or what is added, is not a number.`,
        {
          hint: "Use action set to store a number first.",
        },
      );
    }
    await state.set(key, sum);
    return ok({ key, value: sum, previous, found });
  },
});
