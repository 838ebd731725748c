/**
 * Runs of five trivial steps, a hundred at once, from asking to the end, and the idle latency of one step: the engine in
 * this process, on a real file. Arguments: FULL or NORMAL, how many runs. Prints one line of JSON.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, type Engine } from "../../electron/engine/engine.ts";
import { openVault } from "../../electron/engine/secrets/vault.ts";
import { systemClock } from "../../electron/lib/clock.ts";
import { systemIds } from "../../electron/lib/ids.ts";
import { silentLog } from "../../electron/lib/log.ts";
import { openStore } from "../../electron/store/store.ts";
import { percentile } from "./measure.ts";

const [synchronous = "FULL", count = "2000"] = process.argv.slice(2);
const AT_ONCE = 100;
const LATENCY_SAMPLES = 200;
const never = new AbortController().signal;

const dir = mkdtempSync(join(tmpdir(), "workflows-bench-"));
const store = openStore({
  path: join(dir, "workflows.db"),
  synchronous: synchronous === "NORMAL" ? "NORMAL" : "FULL",
  clock: systemClock,
  log: silentLog,
  appVersion: "bench",
  readonly: false,
  backUpFirst: () => "",
});
const engine = createEngine({
  store,
  clock: systemClock,
  ids: systemIds,
  log: silentLog,
  random: Math.random,
  http: {
    send: () => Promise.reject(new Error("no network in a bench")),
    vet: () => Promise.reject(new Error("no network in a bench")),
  },
  limits: { total: AT_ONCE, perWorkflow: AT_ONCE },
  backoffCapMs: 8000,
  idempotencyTtlMs: 1,
  adhocDisabled: false,
  artifactsDir: dir,
  files: { workRoot: dir, approved: [], readable: [], dataDir: dir },
  examplesDir: dir,
  vault: openVault(dir),
  testMode: false,
  llmBaseUrl: null,
  computeEntry: "",
});

async function save(name: string, steps: number): Promise<number> {
  const raw = {
    name,
    steps: Array.from({ length: steps }, (_, i) => ({ id: `s${i}`, type: "set", config: { values: { i } } })),
  };
  return (await engine.saveDefinition({ raw, source: null, cameFrom: "api", consented: true })).id;
}

const command = (workflowId: number): Parameters<Engine["startRun"]>[0] => ({
  workflowId,
  definition: null,
  inputs: {},
  idempotencyKey: null,
  sessionId: null,
  validationMode: "block",
  priority: 0,
  metadata: null,
  startedBy: "bench",
  parentRunId: null,
  secrets: {},
});

async function runOne(workflowId: number): Promise<void> {
  const { runId } = await engine.startRun(command(workflowId));
  await engine.settled(runId, 60_000, never);
}

/** Runs per second. */
async function throughput(workflowId: number, runs: number): Promise<number> {
  let started = 0;
  const began = performance.now();
  const worker = async () => {
    while (started < runs) {
      started += 1;
      await runOne(workflowId);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return runs / ((performance.now() - began) / 1000);
}

async function latencies(workflowId: number): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < LATENCY_SAMPLES; i++) {
    const began = performance.now();
    await runOne(workflowId);
    samples.push(performance.now() - began);
  }
  return samples;
}

await engine.start();
const five = await save("five", 5);
const one = await save("one", 1);
await throughput(five, 300);
const runs_s = await throughput(five, Number(count));
const idle = await latencies(one);
const ended = store.runList.counts();
if (ended.some(({ status }) => status !== "succeeded"))
  throw new Error(`not all runs succeeded: ${JSON.stringify(ended)}`);
await engine.stop(1000);
await store.close();
rmSync(dir, { recursive: true, force: true });
console.log(JSON.stringify({ runs_s, idle_p50_ms: percentile(idle, 0.5), idle_p99_ms: percentile(idle, 0.99) }));
process.exit(0);
