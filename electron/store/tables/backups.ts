/** The record of every backup this app made, wherever its file lies. */
import type { Database } from "better-sqlite3";

export interface BackupRow {
  id: string;
  kind: "snapshot" | "bundle";
  label: string | null;
  path: string;
  status: "running" | "verified" | "failed" | "cancelled";
  sizeBytes: number | null;
  sha256: string | null;
  durationMs: number | null;
  restarts: number | null;
  runs: number | null;
  events: number | null;
  schemaVersion: number | null;
  createdAt: number;
  errorJson: string | null;
}

const COLUMNS = `id, kind, label, path, status, size_bytes AS sizeBytes, sha256, duration_ms AS durationMs, restarts, runs,
  events, schema_version AS schemaVersion, created_at AS createdAt, error_json AS errorJson`;

export function backupsTable(db: Database) {
  const save = db.prepare(
    `INSERT INTO workflow_backups (id, kind, label, path, status, size_bytes, sha256, duration_ms, restarts, runs, events,
       schema_version, created_at, error_json)
     VALUES (@id, @kind, @label, @path, @status, @sizeBytes, @sha256, @durationMs, @restarts, @runs, @events,
       @schemaVersion, @createdAt, @errorJson)
     ON CONFLICT (id) DO UPDATE SET status = excluded.status, size_bytes = excluded.size_bytes, sha256 = excluded.sha256,
       duration_ms = excluded.duration_ms, restarts = excluded.restarts, runs = excluded.runs, events = excluded.events,
       schema_version = excluded.schema_version, error_json = excluded.error_json`,
  );
  const get = db.prepare<[string], BackupRow>(`SELECT ${COLUMNS} FROM workflow_backups WHERE id = ?`);
  const list = db.prepare<[number], BackupRow>(
    `SELECT ${COLUMNS} FROM workflow_backups ORDER BY created_at DESC, id DESC LIMIT ?`,
  );
  const failInterrupted = db.prepare(
    `UPDATE workflow_backups SET status = 'failed',
       error_json = json_object('code', 'interrupted', 'message', 'The app stopped before this backup was finished.')
     WHERE status = 'running'`,
  );
  return {
    save: (row: BackupRow): void => void save.run(row),
    get: (id: string): BackupRow | undefined => get.get(id),
    list: (limit: number): BackupRow[] => list.all(limit),
    /** At start: a backup that a dead host left running was not finished. */
    failInterrupted: (): number => failInterrupted.run().changes,
  };
}
