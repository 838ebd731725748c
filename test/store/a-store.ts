/** A store on a real file for one test, with time in the test's hands. Rows are looked at over a connection of its own. */
import { join } from "node:path";
import Database from "better-sqlite3";
import { onTestFinished } from "vitest";
import type { Clock } from "../../electron/lib/clock.ts";
import { silentLog } from "../../electron/lib/log.ts";
import type { Fact, RunRecord } from "../../electron/store/facts.ts";
import { backUpBeforeMigration } from "../../electron/store/migrations/backup-first.ts";
import { openStore, type Store, type StoreOptions } from "../../electron/store/store.ts";
import type { NewRun } from "../../electron/store/tables/runs.ts";
import { tempFolder } from "../support/temp-folder.ts";

export const NOW = Date.UTC(2026, 2, 1, 9);

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Move time, and call what has come due, in order. */
  advance(ms: number): void;
}

export function manualClock(start = NOW): ManualClock {
  let elapsed = 0;
  let timers: { at: number; fn: () => void }[] = [];
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    after(ms, fn) {
      const timer = { at: elapsed + ms, fn };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    advance(ms) {
      elapsed += ms;
      const due = timers.filter((timer) => timer.at <= elapsed).sort((a, b) => a.at - b.at);
      timers = timers.filter((timer) => timer.at > elapsed);
      for (const timer of due) timer.fn();
    },
  };
}

export interface TestStore {
  store: Store;
  path: string;
  folder: string;
  /** Any SQL, over another connection to the same file: a look at rows, or a meddler from outside. */
  sql: Database.Database;
}

export function storeOptions(path: string, options: Partial<StoreOptions> = {}): StoreOptions {
  return {
    path,
    synchronous: "FULL",
    clock: manualClock(),
    log: silentLog,
    appVersion: "0.0.0-test",
    readonly: false,
    backUpFirst(db, version) {
      const backup = `${path}.before-${version}`;
      backUpBeforeMigration(db, backup);
      return backup;
    },
    ...options,
  };
}

export async function aStore(options: Partial<StoreOptions> = {}): Promise<TestStore> {
  const folder = await tempFolder();
  const path = join(folder, "workflows.db");
  const store = openStore(storeOptions(path, options));
  const sql = new Database(path);
  onTestFinished(async () => {
    sql.close();
    await store.close();
  });
  return { store, path, folder, sql };
}

export const aRun = (runId: string, of: Partial<NewRun> = {}): NewRun => ({
  runId,
  workflowId: null,
  workflowName: "story",
  definitionVersion: 1,
  createdAt: NOW,
  lane: "",
  priority: 0,
  stepsTotal: 1,
  startedBy: "test",
  parentRunId: null,
  validationMode: "block",
  sessionId: null,
  idempotencyKey: null,
  requestHash: null,
  metadataJson: null,
  inputsJson: "{}",
  definitionJson: '{"name":"story","steps":[]}',
  ...of,
});

export const addRun = (store: Store, runId: string, of: Partial<NewRun> = {}): Promise<void> =>
  store.write("add run", ({ runs }) => runs.insert(aRun(runId, of)));

export const LEASE = "lease-1";

/** A record of a run that the test's worker holds, or is about to claim. */
export const aRecord = (runId: string, facts: readonly Fact[], of: Partial<RunRecord> = {}): RunRecord => ({
  runId,
  leaseId: LEASE,
  claim: false,
  incarnation: 1,
  facts,
  currentStep: null,
  stepsDone: 0,
  ...of,
});

/** A queued run that a worker has just taken up. */
export async function aClaimedRun(store: Store, runId = "r1"): Promise<string> {
  await addRun(store, runId);
  await store.record(
    aRecord(runId, [{ is: "run_started", at: NOW, incarnation: 1, deadlineAt: null }], { claim: true }),
  );
  return runId;
}

export const logEvent = (message: string) =>
  ({ type: "log", payload: { step_id: "s", level: "info", message }, at: NOW }) as const;
