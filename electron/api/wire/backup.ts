/** Backups as the wire shows them. */
import type { Backup } from "../../../shared/api/operations.ts";
import { toIso } from "../../lib/clock.ts";
import type { BackupRow } from "../../store/tables/backups.ts";

export const backup = (row: BackupRow, progress: { pagesDone: number; pagesTotal: number } | null): Backup => ({
  id: row.id,
  // The one kind that this version makes; the table is ready for bundles.
  kind: "snapshot",
  path: row.path,
  status: row.status,
  label: row.label,
  size_bytes: row.sizeBytes,
  sha256: row.sha256,
  duration_ms: row.durationMs,
  restarts: row.restarts,
  runs: row.runs,
  events: row.events,
  schema_version: row.schemaVersion,
  created_at: toIso(row.createdAt),
  pages_done: progress?.pagesDone ?? null,
  pages_total: progress?.pagesTotal ?? null,
  error: row.errorJson === null ? null : (JSON.parse(row.errorJson) as Backup["error"]),
});
