/** The durability property with many more cases than the quick run has. `FAULT_CASES` says how many. */
import { test } from "vitest";
import { expectNoRunIsLost } from "../engine/durability/property.ts";

const CASES = Number(process.env.FAULT_CASES ?? 5000);

test(`property: ${CASES} random lives of an engine lose no run and repeat nothing unasked`, () =>
  expectNoRunIsLost(CASES));
