/** A file that a run left behind. Its bytes lie in the content-addressed store under the artifact folder. */
import { z } from "zod";

export const Artifact = z.object({
  artifact_id: z.string(),
  run_id: z.string(),
  step_run_id: z.string().nullable(),
  step_id: z.string().nullable(),
  name: z.string(),
  type: z.string(),
  /** A `file://` URL. */
  uri: z.string(),
  size_bytes: z.int(),
  mime_type: z.string(),
  checksum_sha256: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  exists: z.boolean(),
});
export type Artifact = z.infer<typeof Artifact>;
