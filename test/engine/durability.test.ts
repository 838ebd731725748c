/**
 * No run is ever lost: whatever a definition says, however its steps come out, and whenever the engine is killed, the next
 * engine on the same file brings every run to an end, and the rows keep every rule. A failing case prints its seed.
 */
import { test } from "vitest";
import { expectNoRunIsLost } from "./durability/property.ts";

const CASES = 500;
/** Far beyond what it takes; a machine that does other things at the same time must not fail it. */
const TIMEOUT_MS = 5 * 60_000;

test(
  "property: engines that are killed at random moments lose no run and repeat nothing unasked",
  { timeout: TIMEOUT_MS },
  () => expectNoRunIsLost(CASES),
);
