/** What a workflow remembers from run to run, by key. All versions of a name share it. */
import type { Database } from "better-sqlite3";

export function stateTable(db: Database) {
  const get = db
    .prepare<[string, string], string>(
      "SELECT value_json FROM workflow_state WHERE tenant_id = 'default' AND workflow_name = ? AND key = ?",
    )
    .pluck();
  const set = db.prepare(
    `INSERT INTO workflow_state (workflow_name, key, value_json, updated_at) VALUES (@workflowName, @key, @valueJson, @at)
     ON CONFLICT (tenant_id, workflow_name, key) DO UPDATE SET value_json = excluded.value_json, updated_at = excluded.updated_at`,
  );
  return {
    /** JSON text, or undefined if the key was never set. */
    get: (workflowName: string, key: string): string | undefined => get.get(workflowName, key),
    set: (row: { workflowName: string; key: string; valueJson: string; at: number }): void => void set.run(row),
  };
}
