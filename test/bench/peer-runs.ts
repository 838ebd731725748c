/**
 * The same work done by openworkflow on its SQLite backend, as a neighbour to compare with. Arguments: the folder it was
 * installed into, FULL or NORMAL, how many runs. Prints one line of JSON.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder = "", synchronous = "FULL", count = "300"] = process.argv.slice(2);
const AT_ONCE = 100;

/** The little of its surface that is used here. */
interface Step {
  run<T>(options: { name: string }, work: () => Promise<T>): Promise<T>;
}
interface Peer {
  OpenWorkflow: new (options: {
    backend: unknown;
  }) => {
    defineWorkflow(
      options: { name: string },
      body: (context: { step: Step }) => Promise<unknown>,
    ): { run(input: unknown): Promise<{ workflowRun: { id: string } }> };
    newWorker(options: { concurrency: number }): { start(): Promise<void>; stop(): Promise<void> };
  };
}
interface Backend {
  db: { exec(sql: string): void };
  getWorkflowRun(query: { workflowRunId: string }): Promise<{ status: string } | null>;
  stop?(): Promise<void>;
}

const require = createRequire(join(folder, "package.json"));
const load = async <T>(name: string): Promise<T> => (await import(pathToFileURL(require.resolve(name)).href)) as T;
const { OpenWorkflow } = await load<Peer>("openworkflow");
const { BackendSqlite } = await load<{ BackendSqlite: { connect(path: string): Backend } }>("openworkflow/sqlite");

const dir = mkdtempSync(join(tmpdir(), "peer-bench-"));
const backend = BackendSqlite.connect(join(dir, "peer.db"));
if (synchronous === "NORMAL") backend.db.exec("PRAGMA synchronous=NORMAL");
const peer = new OpenWorkflow({ backend });
let done = 0;
let allDone = (): void => {};
const finished = new Promise<void>((resolve) => {
  allDone = resolve;
});
const five = peer.defineWorkflow({ name: "five" }, async ({ step }) => {
  for (let i = 0; i < 5; i++) await step.run({ name: `s${i}` }, async () => i);
  done += 1;
  if (done === Number(count)) allDone();
});

const began = performance.now();
const handles = [];
for (let i = 0; i < Number(count); i++) handles.push(await five.run({ i }));
const worker = peer.newWorker({ concurrency: AT_ONCE });
await worker.start();
await finished;
for (const { workflowRun } of handles.slice(-AT_ONCE - 1)) {
  while ((await backend.getWorkflowRun({ workflowRunId: workflowRun.id }))?.status !== "completed") {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
const runs_s = Number(count) / ((performance.now() - began) / 1000);
await worker.stop();
await backend.stop?.();
rmSync(dir, { recursive: true, force: true });
console.log(JSON.stringify({ runs_s }));
process.exit(0);
