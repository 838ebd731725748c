/**
 * `npm run bench` (and `bench:quick`, with less work): our figures beside those of a neighbour, taken in turn in one run,
 * since this machine may be busy with other things. Ratios are what counts. The neighbour is installed on demand into a
 * scratch folder of this checkout; where that fails, our figures stand alone and it is said.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { type Figures, figuresOf, shown, spread } from "./measure.ts";

const PEER = "openworkflow@0.10.1";
const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 3 : 5;
const OWN_RUNS = quick ? "2000" : "6000";
const PEER_RUNS = quick ? "300" : "600";
const own = join(import.meta.dirname, "own-runs.ts");
const peer = join(import.meta.dirname, "peer-runs.ts");
const scratch = join(import.meta.dirname, "../../.cache/bench");

function installPeer(): boolean {
  mkdirSync(scratch, { recursive: true });
  writeFileSync(join(scratch, "package.json"), '{"private":true}');
  const install = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", PEER], {
    cwd: scratch,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  return install.status === 0;
}

const hasPeer = installPeer();
if (!hasPeer) console.log(`${PEER} could not be installed; its figures are left out.`);
console.log(`${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}, ${ROUNDS} rounds, min / median / max`);

for (const synchronous of ["FULL", "NORMAL"]) {
  const ours: Figures[] = [];
  const theirs: Figures[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    ours.push(await figuresOf(own, [synchronous, OWN_RUNS]));
    if (hasPeer) theirs.push(await figuresOf(peer, [scratch, synchronous, PEER_RUNS]));
  }
  console.log(`\nsynchronous=${synchronous}`);
  console.log(`  runs of 5 steps, 100 at once   ${shown(spread(ours, "runs_s"))} runs/s`);
  if (hasPeer) {
    const ratios = ours.map((figures, i) => ({ ratio: (figures.runs_s ?? 0) / (theirs[i]?.runs_s ?? Number.NaN) }));
    console.log(`  openworkflow, concurrency 100  ${shown(spread(theirs, "runs_s"))} runs/s`);
    console.log(`  ratio, round by round          ${shown(spread(ratios, "ratio"))}`);
  }
  console.log(`  idle, one step, p50            ${shown(spread(ours, "idle_p50_ms"))} ms`);
  console.log(`  idle, one step, p99            ${shown(spread(ours, "idle_p99_ms"))} ms`);
}
