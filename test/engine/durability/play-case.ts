/**
 * Plays a case through: engines that die one after another on the same file, a client that asks again until its run is
 * there, a person who decides, and time that goes on. Ends when every run has ended, and gives all that went wrong.
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "../../../electron/lib/app-error.ts";
import { silentLog } from "../../../electron/lib/log.ts";
import { openStore } from "../../../electron/store/store.ts";
import type { InboxRow } from "../../../electron/store/tables/waits.ts";
import { isTerminal } from "../../../shared/transitions.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { type Case, type Death, type Story, UNSAFE_TYPE } from "./cases.ts";
import { brokenRules, eventsByRun } from "./invariants.ts";
import { type MortalEngine, startMortalEngine, type World } from "./mortal-engine.ts";

/** A file with the current schema, from which the cases' files are copied: making tables takes longer than most cases. */
export interface Nursery {
  /** Plays a case on a file of its own. Gives what was wrong; empty if nothing was. */
  play(of: Case): Promise<string[]>;
  close(): void;
}

export async function openNursery(): Promise<Nursery> {
  const folder = mkdtempSync(join(tmpdir(), "workflows-durability-"));
  const empty = join(folder, "empty.db");
  const clock = fakeClock();
  const options = { synchronous: "NORMAL", log: silentLog, appVersion: "0.0.0-test", readonly: false } as const;
  await openStore({ ...options, path: empty, clock, backUpFirst: () => "" }).close();
  return {
    async play(of) {
      const own = mkdtempSync(join(folder, "case-"));
      const path = join(own, "workflows.db");
      copyFileSync(empty, path);
      try {
        return await playCase(path, of);
      } finally {
        rmSync(own, { recursive: true, force: true });
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Longest step of time; less than any pause, so that things come due one by one. */
const TICK_MS = 400;
/** Moves after which a case that has not ended is stuck. */
const MOST_MOVES = 1000;
/** Times per case that the person pauses, cancels or retries a run unasked. */
const MOST_MEDDLING = 4;
const MOST_PUT_OFF = 30;

interface Played {
  world: World;
  stories: readonly Story[];
  /** Run ids by story, once the client was told. */
  runs: Map<number, string>;
  whim: (below: number) => number;
  meddling: number;
  /** How often a decision was put off. */
  putOff: number;
}

async function playCase(path: string, { stories, deaths, whims }: Case): Promise<string[]> {
  const played = begin(path, stories, whims);
  const { world, runs } = played;
  let before = new Map<string, string[]>();
  for (const death of [...deaths, null]) {
    const over = await live(played, death);
    world.faults.push(...brokenRules(path, [UNSAFE_TYPE]));
    const now = eventsByRun(path);
    for (const [runId, told] of before) if (!beginsWith(now.get(runId) ?? [], told)) lost(world, `events of ${runId}`);
    for (const runId of runs.values()) if (!now.has(runId)) lost(world, `run ${runId}`);
    // None of the steps writes a log line; only a spoilt change did, and that was taken back.
    if ([...now.values()].flat().some((told) => told.endsWith(" log")))
      world.faults.push("a spoilt change left a trace");
    if (now.size > stories.length) world.faults.push(`${stories.length} requests made ${now.size} runs`);
    before = now;
    if (over || world.faults.length > 0) break;
  }
  return world.faults;
}

function begin(path: string, stories: readonly Story[], whims: readonly number[]): Played {
  const runs = new Map<number, string>();
  let ids = 0;
  let turn = 0;
  const world: World = {
    path,
    clock: fakeClock(),
    nextId() {
      ids += 1;
      return `id-${String(ids).padStart(4, "0")}`;
    },
    scriptOf: (name) => stories.find((_story, at) => name === nameOf(at))?.script ?? {},
    executions: new Map(),
    faults: [],
  };
  return {
    world,
    stories,
    runs,
    whim: (below) => (whims[turn++ % whims.length] ?? 0) % below,
    meddling: 0,
    putOff: 0,
  };
}

const nameOf = (story: number): string => `story-${story}`;

const lost = ({ faults }: World, what: string): void => void faults.push(`${what} had been committed and are gone`);

const beginsWith = (all: readonly string[], start: readonly string[]): boolean =>
  start.every((told, at) => all[at] === told);

/** One engine, until it dies or every run has ended (true). */
async function live(played: Played, death: Death | null): Promise<boolean> {
  const { world } = played;
  const host = startMortalEngine(world, death);
  try {
    await host.quiet();
    for (let moves = 0; !host.isDead(); moves += 1) {
      if (moves > MOST_MOVES) {
        world.faults.push("it never comes to its end");
        return true;
      }
      if (played.whim(4) === 0) spoil(played, host);
      if (!move(played, host)) return true;
      if (played.whim(3) === 0) await nextTurn();
      else await host.quiet();
    }
    return false;
  } finally {
    await host.bury();
  }
}

/** A change that fails after it has written something: it takes nothing with it that shares its transaction. */
function spoil({ runs, world }: Played, { store }: MortalEngine): void {
  const [runId] = runs.values();
  if (runId === undefined) return;
  const spoilt = store.write("spoil", (tables) => {
    const payload = { step_id: "a", level: "info", message: "never happened" };
    tables.events.append(runId, [{ type: "log", payload, at: world.clock.now() }]);
    throw new Error("spoilt");
  });
  spoilt.catch(() => {});
}

/** The next thing that happens from outside; false when nothing is left to do. */
function move(played: Played, host: MortalEngine): boolean {
  const { world, runs, stories, whim } = played;
  const { store } = host;
  const unasked = stories.findIndex((_story, at) => !runs.has(at));
  if (unasked >= 0) {
    ask(played, host, unasked);
    return true;
  }
  const all = [...runs.values()].map((runId) => store.runs.summary(runId));
  const [run] = all.filter((one) => one && !isTerminal(one.status));
  if (played.meddling < MOST_MEDDLING && whim(6) === 0) {
    played.meddling += 1;
    const runId = run?.runId ?? all[whim(all.length)]?.runId ?? "";
    const action = run ? (["pause", "cancel", "cancel", "resume"] as const)[whim(4)] : "retry";
    expectDone(played, host, host.engine.control(runId, action ?? "pause"));
    // In the same turn, so that what a step comes to and what the person wants meet in one transaction.
    if (whim(2) === 0) world.clock.advance(TICK_MS);
    return true;
  }
  if (!run) return false;
  const wait = chosen(played, store.waits.inbox(10));
  if (wait) answer(played, host, wait);
  else if (run.status === "paused") expectDone(played, host, host.engine.control(run.runId, "resume"));
  else world.clock.advance(TICK_MS);
  return true;
}

/** A person takes any of what waits, or lets it lie for a while, but not for ever. */
function chosen(played: Played, waiting: readonly InboxRow[]): InboxRow | undefined {
  const mayPutOff = played.putOff < MOST_PUT_OFF && waiting.length > 0;
  const at = played.whim(Math.max(1, waiting.length + (mayPutOff ? 1 : 0)));
  if (at === waiting.length) played.putOff += 1;
  return waiting[at];
}

/** A client that got no answer asks again, with the same key. */
function ask(played: Played, host: MortalEngine, at: number): void {
  const { runs, stories } = played;
  const asked = host.engine.startRun({
    workflowId: null,
    definition: { ...stories[at]?.definition, name: nameOf(at) },
    inputs: {},
    idempotencyKey: nameOf(at),
    sessionId: null,
    validationMode: "block",
    priority: 0,
    metadata: null,
    startedBy: "test",
    parentRunId: null,
    secrets: {},
  });
  expectDone(
    played,
    host,
    asked.then(({ runId }) => runs.set(at, runId)),
  );
}

function answer(played: Played, host: MortalEngine, { runId, stepId, kind }: InboxRow): void {
  const { whim } = played;
  if (kind === "interrupted") {
    const action = (["retry", "done", "skip", "fail"] as const)[whim(4)] ?? "retry";
    expectDone(played, host, host.engine.resolveStep({ runId, stepId, action, outputs: null }));
    return;
  }
  const decision = whim(3) === 0 ? "rejected" : "approved";
  expectDone(played, host, host.engine.decide({ runId, stepId, decision, comment: null, editedFields: null }));
}

/**
 * The dead do not answer. The living refuse only what came too late: a second word on a step, said before the first one
 * was on disk.
 */
function expectDone({ world }: Played, host: MortalEngine, asked: Promise<unknown>): void {
  asked.catch((error: unknown) => {
    const tooLate = error instanceof AppError && error.code === "invalid_state";
    if (!host.isDead() && !tooLate) world.faults.push(`refused: ${String(error)}`);
  });
}
