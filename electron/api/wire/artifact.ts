/** Artifact records as the wire shows them. */
import type { Artifact } from "../../../shared/artifact.ts";
import { toIso } from "../../lib/clock.ts";
import type { ArtifactRow } from "../../store/tables/artifacts.ts";
import { jsonObject } from "./json.ts";

export const artifact = (row: ArtifactRow, exists: boolean): Artifact => ({
  artifact_id: row.artifactId,
  run_id: row.runId,
  step_run_id: row.stepRunId,
  step_id: row.stepId,
  name: row.name,
  type: row.type,
  uri: row.uri,
  size_bytes: row.sizeBytes,
  mime_type: row.mimeType,
  checksum_sha256: row.checksumSha256,
  metadata: jsonObject(row.metadataJson),
  created_at: toIso(row.createdAt),
  exists,
});
