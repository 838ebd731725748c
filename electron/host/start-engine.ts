/**
 * The composition root of the engine: opens the store, puts the parts together, starts them in order and stops them in
 * reverse. A plain function of plain data; the engine thread calls it in life, and tests call it in their own process.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createApi } from "../api/server.ts";
import { createEngine } from "../engine/engine.ts";
import { openVault } from "../engine/secrets/vault.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { type Ids, systemIds } from "../lib/ids.ts";
import { LOG_CATEGORIES, type Log, type LogCategory, openLog } from "../lib/log.ts";
import { createUndiciSender } from "../net/undici-sender.ts";
import { createBackups } from "../operations/backup.ts";
import { createCheckpointer } from "../operations/checkpoint.ts";
import type { StepType } from "../steps/step-type.ts";
import { backUpBeforeMigration } from "../store/migrations/backup-first.ts";
import { openStore, type Store } from "../store/store.ts";
import { openCatalog } from "../templates/catalog.ts";
import type { EngineSettings } from "./config.ts";

/** Plain data: it is posted to the engine thread. */
export interface EngineConfig {
  dataDir: string;
  databasePath: string;
  kind: "headless" | "desktop";
  /** 0 takes a free port. */
  port: number;
  token: string;
  safeMode: boolean;
  settings: EngineSettings;
  /** File URLs of the programs of its threads. */
  threads: { reader: string; maintenance: string; compute: string };
  /** The built page; null if there is none. */
  rendererDir: string | null;
  appVersion: string;
  /** When the host started, epoch ms. */
  since: number;
}

/** What tests put in the place of the world outside. */
export interface EngineWorld {
  clock: Clock;
  ids: Ids;
  random: () => number;
  log?: Log;
  steps?: ReadonlyMap<string, StepType>;
  checkReplies?: boolean;
}

export interface RunningEngine {
  readonly url: string;
  readonly port: number;
  readonly schemaVersion: number;
  status(): { activeRuns: number; queueDepth: number };
  /** Drain: refuse new work, let running steps end within the grace, close the API, fold the WAL back, close the file. */
  stop(): Promise<void>;
}

/** How long running steps may take to end when the app is quit; then they are broken off and judged at the next start. */
const DRAIN_GRACE_MS = 10_000;

const realWorld: EngineWorld = { clock: systemClock, ids: systemIds, random: Math.random };

/** Throws AppError when the database cannot be used, or the port is taken. */
export async function startEngine(config: EngineConfig, world: EngineWorld = realWorld): Promise<RunningEngine> {
  const { settings, dataDir } = config;
  const { clock } = world;
  const log =
    world.log ??
    openLog({ to: join(dataDir, "logs", "workflows.log"), debug: debugCategories(settings), now: clock.now });
  const store = openStoreFor(config, world, log);
  try {
    return await compose(config, world, log, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function compose(config: EngineConfig, world: EngineWorld, log: Log, store: Store): Promise<RunningEngine> {
  const { settings, dataDir, safeMode } = config;
  const { clock, ids } = world;
  const places = folders(dataDir);
  const catalog = openCatalog();
  const approved = [...(settings.files.baseDir ? [settings.files.baseDir] : []), ...settings.files.allowlist];
  const engine = createEngine({
    store,
    clock,
    ids,
    log,
    random: world.random,
    steps: world.steps,
    http: createUndiciSender({ settings: () => settings.egress }),
    limits: { total: settings.tenantConcurrency, perWorkflow: settings.workflowConcurrency },
    backoffCapMs: settings.backoffCapSeconds * 1000,
    idempotencyTtlMs: settings.idempotencyTtlHours * 3_600_000,
    adhocDisabled: settings.adhocDisabled,
    artifactsDir: places.artifacts,
    files: { workRoot: places.work, approved, readable: [catalog.bundledDataDir], dataDir },
    vault: openVault(dirname(config.databasePath)),
    llmBaseUrl: settings.llmBaseUrl,
    testMode: settings.testMode,
    examplesDir: catalog.bundledDataDir,
    computeEntry: config.threads.compute,
  });
  const backups = createBackups({
    store,
    clock,
    ids,
    log: log.for("ops"),
    entry: config.threads.reader,
    backupDir: places.backups,
    dataDir,
  });
  const checkpointer = createCheckpointer({ store, clock, log: log.for("db"), entry: config.threads.maintenance });
  const api = createApi({
    store,
    engine,
    backups,
    catalog,
    settings: apiSettings(settings, approved),
    token: config.token,
    clock,
    log,
    rendererDir: config.rendererDir,
    appVersion: config.appVersion,
    dataDir,
    safeMode,
    checkReplies: world.checkReplies,
  });
  const { url, port } = await api.listen(config.port);
  if (!safeMode) {
    backups.tidy();
    checkpointer.start();
    await engine.start();
  }
  const schemaVersion = store.schemaVersion();
  log
    .for("host")
    .info(
      { database: store.path, schema_version: schemaVersion, safe_mode: safeMode, pid: process.pid },
      "engine ready",
    );

  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    api.drain();
    await engine.stop(DRAIN_GRACE_MS);
    await backups.stop();
    await api.close();
    await checkpointer.stop();
    await store.close();
    log.for("host").info({}, "engine stopped");
    log.flush();
  }
  return {
    url,
    port,
    schemaVersion,
    status: engine.status,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function folders(dataDir: string) {
  const databases = join(dataDir, "Databases");
  const places = {
    artifacts: join(databases, "artifacts"),
    work: join(databases, "artifacts", "work"),
    backups: join(databases, "backups"),
  };
  for (const folder of Object.values(places)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return places;
}

function openStoreFor(config: EngineConfig, world: EngineWorld, log: Log): Store {
  const { backups } = folders(config.dataDir);
  return openStore({
    path: config.databasePath,
    synchronous: config.settings.synchronous,
    clock: world.clock,
    log,
    appVersion: config.appVersion,
    // A folder that is only looked at may hold no database yet; then there is nothing to protect from being written.
    readonly: config.safeMode && existsSync(config.databasePath),
    backUpFirst(db, version) {
      const path = join(backups, `before-migration-v${version}-${world.clock.now()}.db`);
      backUpBeforeMigration(db, path);
      return path;
    },
  });
}

function apiSettings(settings: EngineSettings, approvedFolders: string[]) {
  return {
    runTimeoutSeconds: settings.runTimeoutSec,
    artifactValidateStrict: settings.artifacts.validateStrict,
    artifactMaxDownloadBytes: settings.artifacts.maxDownloadBytes,
    artifactAllowedMime: settings.artifacts.allowedMime,
    approvedFolders,
  };
}

function debugCategories({ debug }: EngineSettings): ReadonlySet<LogCategory> {
  if (debug.all) return new Set(LOG_CATEGORIES);
  return new Set<LogCategory>([
    ...(debug.artifacts ? (["artifacts"] as const) : []),
    ...(debug.dlq ? (["dlq"] as const) : []),
  ]);
}
