/** What a folder tells after its host is gone: rows on one side, files on the other. Opens only what no host has open. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { traceOf, UNSAFE_TYPES } from "./load.ts";

function rowsOf<Row>(database: string, sql: string, ...values: string[]): Row[] {
  const db = new Database(database, { readonly: true });
  try {
    return db.prepare<string[], Row>(sql).all(...values);
  } finally {
    db.close();
  }
}

export const runIdsIn = (database: string): string[] =>
  rowsOf<{ runId: string }>(database, "SELECT run_id AS runId FROM workflow_runs").map(({ runId }) => runId);

/** Runs that did not come to a good end. None of the load's steps fails by itself. */
export const unfinishedRuns = (database: string): unknown[] =>
  rowsOf(database, "SELECT run_id, workflow_name, status, error FROM workflow_runs WHERE status <> 'succeeded'");

/** Artifacts whose file is missing, or does not hold what its row says; and steps that should have one and have none. */
export async function strayArtifacts(database: string): Promise<string[]> {
  const rows = rowsOf<{ uri: string; sha256: string; size: number }>(
    database,
    "SELECT uri, checksum_sha256 AS sha256, size_bytes AS size FROM workflow_artifacts",
  );
  const stray: string[] = [];
  for (const { uri, sha256, size } of rows) {
    const content = await readFile(fileURLToPath(uri)).catch(() => null);
    if (content === null) stray.push(`${uri} is missing`);
    else if (content.length !== size || createHash("sha256").update(content).digest("hex") !== sha256)
      stray.push(`${uri} is not what it was`);
  }
  const without = rowsOf<{ stepRunId: string }>(
    database,
    `SELECT s.step_run_id AS stepRunId FROM workflow_step_runs s JOIN workflow_runs r USING (run_id)
     WHERE r.workflow_name = 'files' AND s.status = 'succeeded' AND s.outputs_json <> '{}'
       AND NOT EXISTS (SELECT 1 FROM workflow_artifacts a WHERE a.step_run_id = s.step_run_id)`,
  );
  return [...stray, ...without.map(({ stepRunId }) => `${stepRunId} has no artifact`)];
}

interface Traced {
  runId: string;
  stepId: string;
  /** How often a person said `retry`. */
  asked: number;
  /** True if a person said `done` without knowing whether it was. */
  takenAsDone: 0 | 1;
}

const TRACED = `
  SELECT s.run_id AS runId, s.step_id AS stepId,
    (SELECT count(*) FROM workflow_events e WHERE e.step_run_id = s.step_run_id AND e.event_type = 'step_resolved'
       AND e.payload_json ->> 'action' = 'retry') AS asked,
    EXISTS (SELECT 1 FROM workflow_events e WHERE e.step_run_id = s.step_run_id AND e.event_type = 'step_resolved'
       AND e.payload_json ->> 'action' = 'done') AS takenAsDone
  FROM workflow_step_runs s WHERE s.type IN (SELECT value FROM json_each(?)) AND s.status = 'succeeded'`;

/** Steps that are not safe to replay and left more lines than they may have, or none although they say they are done. */
export async function unaskedRepeats(database: string, dataDir: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const { runId, stepId, asked, takenAsDone } of rowsOf<Traced>(database, TRACED, JSON.stringify(UNSAFE_TYPES))) {
    const trace = join(dataDir, "Databases", "artifacts", "work", runId, traceOf(stepId));
    const text = await readFile(trace, "utf8").catch(() => "");
    const lines = text.split("\n").length - 1;
    if (lines > 1 + asked || (lines === 0 && takenAsDone === 0))
      wrong.push(`${runId} ${stepId}: ${lines} executions, ${asked} asked for`);
  }
  return wrong;
}
