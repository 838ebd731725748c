/** Health: is the process up, and can runs be started. Details are for those who bring the token. */
import type { z } from "zod";
import { healthz, healthzV1, readyz, readyzV1 } from "../../../shared/api/discovery.ts";
import { messageOf } from "../../lib/app-error.ts";
import { toIso } from "../../lib/clock.ts";
import { CURRENT_SCHEMA_VERSION } from "../../store/schema.ts";
import { type ApiApp, bind } from "../bind.ts";
import type { ApiDeps } from "../deps.ts";
import { tokensIn } from "../guard.ts";

type Readiness = z.input<(typeof readyz)["reply"]>;

export function healthRoutes(app: ApiApp, deps: ApiDeps): void {
  for (const endpoint of [healthz, healthzV1]) {
    bind(app, endpoint, ({ headers }) =>
      tokensIn(headers).length === 0
        ? { status: "ok" }
        : { status: "ok", queue_depth: queueDepth(deps), time: toIso(deps.clock.now()) },
    );
  }
  for (const endpoint of [readyz, readyzV1]) {
    bind(app, endpoint, ({ headers, setStatus }) => {
      const { version, problem } = probe(app, deps);
      if (problem !== null) setStatus(503);
      const brief = { ready: problem === null, status: problem === null ? "ready" : "not_ready" };
      return tokensIn(headers).length === 0 ? brief : { ...brief, reason: problem, ...details(deps, version, problem) };
    });
  }
}

/** Counted in the database, and health must not fail with it. Undefined is left out of the answer. */
function queueDepth({ engine }: ApiDeps): number | undefined {
  try {
    return engine.status().queueDepth;
  } catch {
    return undefined;
  }
}

/** Reads the file, because a database that was moved away or locked for good is not ready. */
function probe({ draining }: ApiApp, { store }: ApiDeps): { version: number | null; problem: string | null } {
  try {
    const version = store.probe();
    if (draining) return { version, problem: "shutting_down" };
    const fits = version === CURRENT_SCHEMA_VERSION;
    return {
      version,
      problem: fits ? null : `The database has schema ${version} instead of ${CURRENT_SCHEMA_VERSION}.`,
    };
  } catch (error) {
    return { version: null, problem: `The database cannot be read: ${messageOf(error)}` };
  }
}

function details(deps: ApiDeps, version: number | null, problem: string | null): Partial<Readiness> {
  return {
    time: toIso(deps.clock.now()),
    engine: problem === null ? engineState(deps) : undefined,
    db: {
      ok: version === CURRENT_SCHEMA_VERSION,
      backend: "sqlite",
      location: deps.store.path,
      schema_version: version,
      expected_version: CURRENT_SCHEMA_VERSION,
    },
    sync: { state: "off" },
    app_version: deps.appVersion,
    data_dir: deps.dataDir,
  };
}

function engineState({ engine, safeMode }: ApiDeps): Readiness["engine"] {
  const { queueDepth, activeRuns } = engine.status();
  return { queue_depth: queueDepth, active_runs: activeRuns, safe_mode: safeMode };
}
