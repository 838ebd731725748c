/** The durability property itself, for the quick run beside the other tests and for the long one among the fault tests. */
import fc from "fast-check";
import { expect } from "vitest";
import { aCase } from "./cases.ts";
import { openNursery } from "./play-case.ts";

/** Rejects with fast-check's report: the seed, the path, and the smallest case that was found. */
export async function expectNoRunIsLost(cases: number): Promise<void> {
  const nursery = await openNursery();
  try {
    await fc.assert(
      fc.asyncProperty(aCase, async (one) => {
        expect(await nursery.play(one)).toEqual([]);
      }),
      { numRuns: cases },
    );
  } finally {
    nursery.close();
  }
}
