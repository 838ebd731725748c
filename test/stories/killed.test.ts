/** Stories of a host that is killed: what was done is kept, what was cut short is judged, and the run goes on. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StepRun } from "../../shared/run.ts";
import { spawnHeadless } from "../support/headless.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { call, databaseIn, end, expectSound, sqlite3, sqlite3Missing, start, until } from "./host-folder.ts";

const workdirOf = (dataDir: string, runId: string): string => join(dataDir, "Databases", "artifacts", "work", runId);

const tell = (id: string) => ({ id, type: "shell", config: { command: `echo ${id} >> told` } });

test("killed between two steps, a run goes on at the next start, and no finished step runs again", async () => {
  const dataDir = await tempFolder();
  const killed = await spawnHeadless({ dataDir });
  const runId = await start(killed, {
    name: "long story",
    steps: [
      tell("one"),
      { id: "words", type: "prompt", config: { template: "kept" } },
      { id: "pause", type: "delay", config: { milliseconds: 1500 } },
      tell("two"),
      { id: "last_words", type: "prompt", config: { template: "{{ words.text }}" } },
    ],
  });
  await until(killed, runId, "waiting");
  expect(await end(killed, "SIGKILL")).toMatchObject({ signal: "SIGKILL" });

  const next = await spawnHeadless({ dataDir });

  expect((await until(next, runId, "succeeded")).outputs).toEqual({ text: "kept" });
  expect(await readFile(join(workdirOf(dataDir, runId), "told"), "utf8")).toBe("one\ntwo\n");
  const { body } = await call<{ steps: StepRun[] }>(next, "GET", `/runs/${runId}/steps`);
  expect(body.steps.map(({ step_id, attempt_count }) => [step_id, attempt_count])).toEqual([
    ["one", 1],
    ["words", 1],
    ["pause", 1],
    ["two", 1],
    ["last_words", 1],
  ]);
});

test("killed in the middle: a harmless step runs again by itself, a command waits for a person", async () => {
  const dataDir = await tempFolder();
  const killed = await spawnHeadless({ dataDir });
  const harmless = await start(killed, {
    name: "harmless",
    steps: [tell("before"), { id: "s", type: "prompt", config: { template: "done", simulate_delay_ms: 1500 } }],
  });
  const command = await start(killed, {
    name: "command",
    steps: [
      {
        id: "s",
        type: "shell",
        config: { command: "echo ran >> told; echo $$ > pid; test $(wc -l < told) -gt 1 || sleep 600" },
      },
    ],
  });
  const steps = async (runId: string) =>
    (await call<{ steps: StepRun[] }>(killed, "GET", `/runs/${runId}/steps`)).body.steps;
  const pidFile = join(workdirOf(dataDir, command), "pid");
  await expect.poll(async () => (await steps(harmless)).at(-1)).toMatchObject({ step_id: "s", status: "running" });
  await expect.poll(() => readFile(pidFile, "utf8").catch(() => ""), { timeout: 10_000 }).not.toBe("");
  const pid = Number(await readFile(pidFile, "utf8"));
  await end(killed, "SIGKILL");

  const next = await spawnHeadless({ dataDir });

  await until(next, harmless, "succeeded");
  expect(await until(next, command, "waiting_human")).toMatchObject({ status_reason: "interrupted" });
  // Nobody is left to wait for the command, so it does not live on either.
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  await call(next, "POST", `/runs/${command}/steps/s/resolve`, { action: "retry" });
  await until(next, command, "succeeded");
  expect(await readFile(join(workdirOf(dataDir, harmless), "told"), "utf8")).toBe("before\n");
  expect(await readFile(join(workdirOf(dataDir, command), "told"), "utf8")).toBe("ran\nran\n");
});

test.skipIf(sqlite3Missing())(
  "what was answered with 200 is there after a kill, although a stranger read the live file all along (sqlite3)",
  async () => {
    const dataDir = await tempFolder();
    const database = databaseIn(dataDir);
    const killed = await spawnHeadless({ dataDir });
    const { body: saved } = await call<{ id: number }>(killed, "POST", "", {
      name: "small",
      steps: [
        { id: "a", type: "log" },
        { id: "b", type: "prompt", config: { template: "b" } },
      ],
    });
    const answered: string[] = [];
    let over = false;
    const strangerReads = (async () => {
      let reads = 0;
      for (; !over; reads += 1) await sqlite3(database, "SELECT count(*) FROM workflow_events");
      return reads;
    })();
    const client = async (): Promise<void> => {
      while (answered.length < 200) {
        const { status, body } = await call<{ run_id: string; status: string }>(
          killed,
          "POST",
          `/${saved.id}/run?mode=sync`,
          {},
        );
        expect([status, body.status]).toEqual([200, "succeeded"]);
        answered.push(body.run_id);
      }
    };
    await Promise.all([client(), client(), client()]);
    await end(killed, "SIGKILL");
    over = true;
    expect(await strangerReads).toBeGreaterThan(2);

    const next = await spawnHeadless({ dataDir });

    const succeeded = (await sqlite3(database, "SELECT run_id FROM workflow_runs WHERE status = 'succeeded'")).split(
      "\n",
    );
    expect(succeeded).toEqual(expect.arrayContaining(answered));
    await end(next, "SIGTERM");
    await expectSound(database);
  },
);

/** As `kill -0`, but what has ended and was not looked at yet does not count as alive. */
function isAlive(pid: number): Promise<boolean> {
  return new Promise((resolve) => {
    execFile("ps", ["-o", "stat=", "-p", String(pid)], (_error, stdout) => resolve(/^[^Z\s]/.test(stdout)));
  });
}
