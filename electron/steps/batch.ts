/** A list in parts of equal size. */
import { z } from "zod";
import { fromLast } from "./fields.ts";
import { listOf } from "./items.ts";
import { CAPABILITY, defineStep, failed, ok } from "./step-type.ts";

const schema = z.strictObject({
  items: z
    .unknown()
    .optional()
    .describe("A list, or text that is a JSON list; the items, documents or records of the step before if not given"),
  batch_size: z.int().min(1).max(1_000_000).default(10).describe("How many in each part; the last may have fewer"),
});

export const batch = defineStep({
  type: "batch",
  title: "Split into batches",
  group: "data",
  description: "Cuts a list into parts. Gives `batches`, `batch_count` and `total_items`. It runs nothing; map does.",
  schema,
  example: { items: [1, 2, 3, 4, 5], batch_size: 2 },
  capability: CAPABILITY.pure,
  inner: true,
  execute({ config: { items, batch_size }, last, signal }) {
    if (signal.aborted) return { status: "cancelled" };
    const list = listOf(items === undefined ? fromLast(last, ["items", "documents", "records"]) : items);
    if (!list) return failed("missing_items", "There is no list to split.", { hint: "Set items.", retryable: false });
    const batches = Array.from({ length: Math.ceil(list.length / batch_size) }, (_, index) =>
      list.slice(index * batch_size, (index + 1) * batch_size),
    );
    return ok({ batches, batch_count: batches.length, total_items: list.length });
  },
});
