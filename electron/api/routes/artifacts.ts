/** Routes of artifacts, and the tickets by which a browser fetches them. */
import { access } from "node:fs/promises";
import { createTicket, downloadArtifact, listArtifacts } from "../../../shared/api/artifacts.ts";
import { AppError } from "../../lib/app-error.ts";
import { toIso } from "../../lib/clock.ts";
import type { ArtifactRow } from "../../store/tables/artifacts.ts";
import { createDownloads } from "../artifact-download.ts";
import { type ApiApp, bind } from "../bind.ts";
import type { ApiDeps } from "../deps.ts";
import { requireRun } from "../require-run.ts";
import type { Tickets } from "../tickets.ts";
import { artifact } from "../wire/artifact.ts";

export function artifactRoutes(app: ApiApp, deps: ApiDeps, tickets: Tickets): void {
  const { store } = deps;
  const { download } = createDownloads(deps);

  bind(app, listArtifacts, ({ params }) => {
    requireRun(store, params.run_id);
    return Promise.all(store.artifacts.ofRun(params.run_id).map(async (row) => artifact(row, await exists(row))));
  });
  bind(app, downloadArtifact, ({ params, query, method, headers }) => {
    const row = store.artifacts.get(params.artifact_id);
    if (!row) throw new AppError("artifact_not_found", `There is no artifact ${params.artifact_id}.`);
    return download(row, { method, headers, inline: query.inline === "1" });
  });
  bind(app, createTicket, ({ body }) => {
    const { url, expiresAt } = tickets.issue(body.path);
    return { url, expires_at: toIso(expiresAt) };
  });
}

async function exists({ uri }: ArtifactRow): Promise<boolean> {
  if (!URL.canParse(uri) || !uri.startsWith("file:")) return false;
  return access(new URL(uri)).then(
    () => true,
    () => false,
  );
}
