/** Artifact records. The bytes lie in the content-addressed store; see `operations` for their retention. */
import type { Database } from "better-sqlite3";

export interface ArtifactRow {
  artifactId: string;
  runId: string;
  stepRunId: string | null;
  stepId: string | null;
  name: string;
  type: string;
  uri: string;
  sizeBytes: number;
  mimeType: string;
  checksumSha256: string | null;
  metadataJson: string;
  createdAt: number;
}

const COLUMNS = `artifact_id AS artifactId, run_id AS runId, step_run_id AS stepRunId, step_id AS stepId, name, type,
  uri, size_bytes AS sizeBytes, mime_type AS mimeType, checksum_sha256 AS checksumSha256,
  metadata_json AS metadataJson, created_at AS createdAt`;

export function artifactsTable(db: Database) {
  const insert = db.prepare(
    `INSERT INTO workflow_artifacts (artifact_id, run_id, step_run_id, step_id, name, type, uri, size_bytes, mime_type,
       checksum_sha256, metadata_json, created_at)
     VALUES (@artifactId, @runId, @stepRunId, @stepId, @name, @type, @uri, @sizeBytes, @mimeType, @checksumSha256,
       @metadataJson, @createdAt)`,
  );
  const ofRun = db.prepare<[string], ArtifactRow>(
    `SELECT ${COLUMNS} FROM workflow_artifacts WHERE run_id = ? ORDER BY created_at, artifact_id`,
  );
  const get = db.prepare<[string], ArtifactRow>(`SELECT ${COLUMNS} FROM workflow_artifacts WHERE artifact_id = ?`);
  const workdirs = db
    .prepare<[string], string>(
      "SELECT DISTINCT workdir FROM workflow_step_runs WHERE run_id = ? AND workdir IS NOT NULL",
    )
    .pluck();
  const remove = db.prepare("DELETE FROM workflow_artifacts WHERE artifact_id = ?");
  const named = db
    .prepare<[string | null, string], number>(
      "SELECT 1 FROM workflow_artifacts WHERE checksum_sha256 IS ? AND uri = ? LIMIT 1",
    )
    .pluck();
  const recordWorkdir = db.prepare("UPDATE workflow_step_runs SET workdir = @workdir WHERE step_run_id = @stepRunId");

  return {
    insert: (row: ArtifactRow): void => void insert.run(row),
    /** Oldest first. */
    ofRun: (runId: string): ArtifactRow[] => ofRun.all(runId),
    get: (artifactId: string): ArtifactRow | undefined => get.get(artifactId),
    remove: (artifactId: string): void => void remove.run(artifactId),
    /** Does any row still name this content? */
    isNamed: (uri: string, checksum: string | null): boolean => named.get(checksum, uri) !== undefined,
    /** The folders that the engine gave to the steps of a run. */
    workdirs: (runId: string): string[] => workdirs.all(runId),
    recordWorkdir: (stepRunId: string, workdir: string): void => void recordWorkdir.run({ stepRunId, workdir }),
  };
}
