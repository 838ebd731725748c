/** Stories of what runs leave behind: artifacts by content, and the bundled templates run for real. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Artifact } from "../../shared/artifact.ts";
import type { Run } from "../../shared/run.ts";
import { startApp, type TestApp } from "../support/running-app.ts";

const artifactsOf = async (app: TestApp, runId: string): Promise<Artifact[]> =>
  (await app.api<Artifact[]>("GET", `/runs/${runId}/artifacts`)).body;

const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("an artifact is a row, an event and a file named by its content, which is stored once", async () => {
  const app = await startApp();
  const save = { template: "the same words", save_artifact: true };
  const run = await app.run({
    name: "twice",
    steps: [
      { id: "a", type: "prompt", config: save },
      { id: "b", type: "prompt", config: save },
    ],
  });
  const [first, second] = await artifactsOf(app, run.run_id);
  const hash = sha256("the same words");
  expect(first).toMatchObject({ checksum_sha256: hash, size_bytes: 14, mime_type: "text/plain", step_id: "a" });
  expect(second).toMatchObject({ checksum_sha256: hash, step_id: "b", uri: first?.uri });
  const path = new URL(first?.uri ?? "");
  expect(await readFile(path, "utf8")).toBe("the same words");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const added = (await app.eventTypes(run.run_id)).filter((type) => type === "artifact_added");
  expect(added).toHaveLength(2);
});

test("a file that a step wrote becomes an artifact that its workdir vouches for", async () => {
  const app = await startApp();
  const run = await app.run({
    name: "file",
    steps: [{ id: "w", type: "file_write", config: { path: "out/report.csv", content: "a,b\n1,2\n", artifact: true } }],
  });
  const [artifact] = await artifactsOf(app, run.run_id);
  expect(artifact).toMatchObject({ mime_type: "text/csv", size_bytes: 8 });
  const { status, body } = await app.api("GET", `/artifacts/${artifact?.artifact_id}/download`);
  expect([status, body]).toEqual([200, "a,b\n1,2\n"]);
});

test("a step that leaves its folder is refused", async () => {
  const app = await startApp();
  const run = await app.run({
    name: "out",
    steps: [{ id: "w", type: "file_write", config: { path: "../../x", content: "x" }, retry: 3 }],
  });
  expect(run).toMatchObject({ status: "failed", error_code: "file_access_denied" });
  expect(await app.attempts(run.run_id, "w")).toHaveLength(1);
});

/** What each bundled template leaves when it is started with nothing filled in. */
const PROMISED: Record<string, RegExp[]> = {
  "sales-report": [/\.html$/],
  "log-error-summary": [/\.(html|md)$/],
  "folder-digest": [/./],
  "disk-usage": [/./],
  "sqlite-to-csv": [/\.csv$/],
  "review-notes": [/draft\.md$/, /\.html$/],
};

test.each(Object.entries(PROMISED))("the template %s runs with nothing filled in", async (name, names) => {
  const app = await startApp();
  const { body: added } = await app.api<{ workflow_id: number; consent_required: string[] }>(
    "POST",
    `/templates/${name}/add`,
  );
  if (added.consent_required.length > 0) await app.api("POST", `/${added.workflow_id}/consent`);
  const { body: started } = await app.api<Run>("POST", `/${added.workflow_id}/run?mode=sync`, { inputs: {} });
  if (started.status === "waiting_approval") {
    const [open] = (await app.api<{ approvals: { step_id: string }[] }>("GET", "/approvals")).body.approvals;
    await app.api("POST", `/runs/${started.run_id}/steps/${open?.step_id}/approve`, {});
  }
  await app.until(started.run_id, "succeeded");

  const artifacts = await artifactsOf(app, started.run_id);
  for (const wanted of names)
    expect(artifacts.map((artifact) => artifact.name)).toContainEqual(expect.stringMatching(wanted));
  for (const { uri, checksum_sha256 } of artifacts) {
    expect(sha256(await readFile(new URL(uri)))).toBe(checksum_sha256);
  }
});

test("every bundled template is told about here", async () => {
  const app = await startApp();
  const { body } = await app.api<{ name: string }[]>("GET", "/templates");
  expect(body.map(({ name }) => name).sort()).toEqual(Object.keys(PROMISED).sort());
});
