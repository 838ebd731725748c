/** Artifacts: list, download with a single range, and one-shot tickets for what a browser fetches by itself. */
import { z } from "zod";
import { Artifact } from "../artifact.ts";
import { endpoint, RunParams, WORKFLOWS_PREFIX } from "./endpoint.ts";

const tag = "Artifacts";

export const listArtifacts = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/runs/{run_id}/artifacts`,
  tag,
  summary: "The artifacts of a run, oldest first",
  params: RunParams,
  reply: z.array(Artifact),
  errors: ["run_not_found"],
});

export const downloadArtifact = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/artifacts/{artifact_id}/download`,
  tag,
  summary: "The bytes of an artifact; `inline=1` to show it sandboxed instead of saving it",
  params: z.object({ artifact_id: z.string().min(1).max(100) }),
  query: z.object({ inline: z.enum(["0", "1"]).optional() }),
  reply: z.string(),
  contentType: "application/octet-stream",
  errors: [
    "artifact_not_found",
    "artifact_file_missing",
    "path_outside_scope",
    "checksum_mismatch",
    "artifact_too_large",
    "mime_not_allowed",
    "invalid_range",
  ],
});

export const createTicket = endpoint({
  method: "POST",
  path: "/api/v1/tickets",
  tag,
  summary: "An address that works without the token for one path, for 60 seconds",
  body: z.object({ path: z.string().startsWith("/api/v1/").max(2000) }),
  reply: z.object({ url: z.string(), expires_at: z.string() }),
  readOnly: true,
});
