/**
 * The shipped host, under load over HTTP, killed with SIGKILL at random moments and started again on the same folder,
 * round after round. Takes minutes. `FAULT_ROUNDS` says how many rounds, `FAULT_SEED` repeats the moments of a failure.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { brokenRules } from "../engine/durability/invariants.ts";
import { databaseIn, end } from "../stories/host-folder.ts";
import { spawnHeadless } from "../support/headless.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { runIdsIn, strayArtifacts, unaskedRepeats, unfinishedRuns } from "./evidence.ts";
import { bringToAnEnd, createLoad, UNSAFE_TYPES } from "./load.ts";

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 20);
const SEED = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);

/** A kill comes this long after that many answers of the round, so that it meets the host in any state. */
const moments = fc.sample(
  fc.record({ answers: fc.integer({ min: 1, max: 120 }), ms: fc.integer({ min: 0, max: 60 }) }),
  {
    numRuns: ROUNDS,
    seed: SEED,
  },
);

test(`a host that is killed ${ROUNDS} times under load loses nothing it has answered for (seed ${SEED})`, async () => {
  const dataDir = await tempFolder();
  const database = databaseIn(dataDir);
  const load = createLoad();
  for (const moment of moments) {
    const host = await spawnHeadless({ dataDir });
    await load.press(host, moment);
    expect(await end(host, "SIGKILL")).toMatchObject({ signal: "SIGKILL" });
    await load.over();
    expect(brokenRules(database, UNSAFE_TYPES)).toEqual([]);
    expect(load.lostAmong(runIdsIn(database))).toEqual([]);
    expect(await strayArtifacts(database)).toEqual([]);
  }

  const last = await spawnHeadless({ dataDir });
  await load.askAgain(last);
  const interrupted = await bringToAnEnd(last);
  expect(await end(last, "SIGTERM")).toMatchObject({ code: 0 });

  expect(brokenRules(database, UNSAFE_TYPES)).toEqual([]);
  expect(unfinishedRuns(database)).toEqual([]);
  // Each request was answered in the end, and made one run however often it was asked.
  expect(runIdsIn(database).toSorted()).toEqual(load.runIds().toSorted());
  expect(await strayArtifacts(database)).toEqual([]);
  expect(await unaskedRepeats(database, dataDir)).toEqual([]);
  console.info(`${ROUNDS} kills, ${load.runIds().length} runs, ${interrupted} interrupted steps that a person judged`);
});
