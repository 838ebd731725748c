/**
 * An engine that can be killed within the test's own process. After its death it writes nothing, executes nothing and
 * hears nothing, as if its process had gone; what it had committed is in the file, and nothing else is left of it.
 *
 * While it lives, it is watched: a step that must not run, or a record whose rows say something else than its facts,
 * is written down as a fault.
 */
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { createEngine, type Engine } from "../../../electron/engine/engine.ts";
import { applyFact, type History, historyFromRows } from "../../../electron/engine/history.ts";
import { openVault } from "../../../electron/engine/secrets/vault.ts";
import type { Clock } from "../../../electron/lib/clock.ts";
import { silentLog } from "../../../electron/lib/log.ts";
import { STEP_TYPES } from "../../../electron/steps/registry.ts";
import type { RecordOutcome, RunRecord } from "../../../electron/store/facts.ts";
import { openStore, type Store, type Tables } from "../../../electron/store/store.ts";
import type { FakeClock } from "../../support/fake-clock.ts";
import type { Death, Script } from "./cases.ts";
import { scriptedSteps } from "./scripted-steps.ts";

/** What outlives every engine of a case. */
export interface World {
  path: string;
  clock: FakeClock;
  nextId: () => string;
  /** The fates of the steps of a run, by its workflow's name. */
  scriptOf: (workflowName: string) => Script;
  /** How often each attempt was executed, by `{step_run_id}#{attempt}`. Kept outside of every engine. */
  executions: Map<string, number>;
  /** What was seen to be wrong. */
  faults: string[];
}

export interface Life {
  readonly dead: boolean;
  /** Something happened; it may be what kills the engine. */
  pass(moment: Death["at"] | "other"): void;
}

export const never = new Promise<never>(() => {});

/** Turns of the event loop without any activity after which nothing more happens by itself. */
const QUIET_TURNS = 3;

export type MortalEngine = ReturnType<typeof startMortalEngine>;

/** @param death when it dies by itself; null lets it live until it is buried */
export function startMortalEngine(world: World, death: Death | null) {
  let dead = false;
  let activity = 0;
  let passed = 0;
  const life: Life = {
    get dead() {
      return dead;
    },
    pass(moment) {
      activity += 1;
      if (moment === death?.at) passed += 1;
      if (death && passed >= death.after) dead = true;
    },
  };
  const clock = mortalClock(world.clock, life);
  const store = openStore({
    path: world.path,
    synchronous: "NORMAL",
    clock,
    log: silentLog,
    appVersion: "0.0.0-test",
    readonly: false,
    backUpFirst: () => "",
  });
  // The first to hear of a commit: one that kills is heard of by nobody else.
  store.bell.on(() => life.pass("commit"));
  const engine = createEngineOn(mortalStore(store, life, world), clock, world, life);
  // Not awaited: it may die before it has taken up what the last one left.
  void engine.start();
  return {
    engine,
    store,
    isDead: (): boolean => dead,
    /** Until nothing happens by itself any more, or it is dead. */
    async quiet(): Promise<void> {
      for (let still = 0; still < QUIET_TURNS && !dead; ) {
        const before = activity;
        await nextTurn();
        still = activity === before ? still + 1 : 0;
      }
    },
    /** Kill it if it still lives, and close its file. */
    async bury(): Promise<void> {
      dead = true;
      await store.idle();
      await store.close();
    },
  };
}

function createEngineOn(store: Store, clock: Clock, world: World, life: Life): Engine {
  const folder = dirname(world.path);
  return createEngine({
    store,
    clock,
    ids: { next: world.nextId },
    log: silentLog,
    random: () => 0.5,
    http: { send: () => never, vet: () => never },
    limits: { total: 8, perWorkflow: 4 },
    backoffCapMs: 60_000,
    idempotencyTtlMs: 3_600_000,
    adhocDisabled: false,
    artifactsDir: join(folder, "artifacts"),
    files: { workRoot: join(folder, "work"), approved: [], readable: [], dataDir: folder },
    examplesDir: folder,
    vault: openVault(folder),
    testMode: true,
    llmBaseUrl: null,
    computeEntry: "",
    steps: new Map([...STEP_TYPES, ...scriptedSteps(world, life, store)]),
  });
}

/** The dead have no timers. */
const mortalClock = (clock: Clock, life: Life): Clock => ({
  now: clock.now,
  monotonic: clock.monotonic,
  after: (ms, fn) =>
    clock.after(ms, () => {
      life.pass("other");
      if (!life.dead) fn();
    }),
});

class Dead extends Error {}

/** What the dead asked for is not written, also when it had been asked for before; and they hear of nothing. */
function mortalStore(store: Store, life: Life, world: World): Store {
  let changes = 0;
  const mustLive = (): void => {
    if (life.dead) throw new Dead();
  };
  function asked<T>(ask: () => Promise<T>): Promise<T> {
    life.pass("write");
    if (life.dead) return never;
    return ask().then(
      (value) => (life.dead ? never : value),
      (error) => (life.dead ? never : Promise.reject(error)),
    );
  }
  return {
    ...store,
    write: <T>(name: string, run: (tables: Tables) => T, patience?: "request" | "run") =>
      asked(() => {
        const change = (tables: Tables): T => {
          mustLive();
          changes += 1;
          return run(tables);
        };
        return store.write(name, change, patience);
      }),
    record: (record: RunRecord) =>
      asked(async () => {
        const seen = { before: null as History | null, facts: [] as RunRecord["facts"], changes: 0 };
        const outcome = await store.record(
          watched(record, (facts) => {
            mustLive();
            // Read inside the transaction, before it writes anything.
            seen.before ??= historyOf(store, record.runId, world);
            Object.assign(seen, { facts, changes });
          }),
        );
        if (changes === seen.changes) compare(store, record, seen, outcome, world);
        return outcome;
      }),
  };
}

/** The record as it is, with somebody told when its facts are taken. */
const watched = (record: RunRecord, onTaken: (facts: RunRecord["facts"]) => void): RunRecord => ({
  runId: record.runId,
  leaseId: record.leaseId,
  claim: record.claim,
  incarnation: record.incarnation,
  get facts() {
    const { facts } = record;
    onTaken(facts);
    return facts;
  },
  get currentStep() {
    return record.currentStep;
  },
  get stepsDone() {
    return record.stepsDone;
  },
});

function historyOf(store: Store, runId: string, { clock }: World): History {
  const run = store.runs.get(runId);
  if (!run) throw new Error(`there is no run ${runId}`);
  return historyFromRows(run, store.stepRuns.ofRun(runId), store.waits.openOfRun(runId), clock.now());
}

/** Folding the facts of a record must give what folding its rows gives. The end of a run also closes what was open. */
function compare(
  store: Store,
  record: RunRecord,
  { before, facts }: { before: History | null; facts: RunRecord["facts"] },
  outcome: RecordOutcome,
  world: World,
): void {
  if (!outcome.recorded || outcome.ended || !before) return;
  const told = facts.reduce(applyFact, before);
  const written = historyOf(store, record.runId, world);
  const plain = ({ visits, deadlineAt }: History): unknown => JSON.parse(JSON.stringify({ visits, deadlineAt }));
  if (isDeepStrictEqual(plain(told), plain(written))) return;
  world.faults.push(`facts and rows differ: ${JSON.stringify(plain(told))} / ${JSON.stringify(plain(written))}`);
}
