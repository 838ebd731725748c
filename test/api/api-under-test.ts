/** A real server on a real store with the real engine, in this process. Only what lies beyond the house is stood in for. */
import { mkdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type ApiDeps, type ApiSettings, createApi } from "../../electron/api/server.ts";
import { createEngine, type Engine } from "../../electron/engine/engine.ts";
import { openVault } from "../../electron/engine/secrets/vault.ts";
import { systemClock } from "../../electron/lib/clock.ts";
import { systemIds } from "../../electron/lib/ids.ts";
import { silentLog } from "../../electron/lib/log.ts";
import { createBackups } from "../../electron/operations/backup.ts";
import { openStore, type Store } from "../../electron/store/store.ts";
import { openCatalog } from "../../electron/templates/catalog.ts";
import { tempFolder } from "../support/temp-folder.ts";

export const TOKEN = "a-token-for-tests-only";
export const PREFIX = "/api/v1/workflows";

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** Parsed when the answer says that it is JSON; of any shape, as tests look into answers of every kind. */
  json: ReturnType<typeof JSON.parse>;
}

export interface Asked {
  method?: string;
  headers?: Record<string, string | undefined>;
  /** Anything but text is sent as JSON. */
  body?: unknown;
  /** Send no token. */
  anonymous?: boolean;
}

export interface ApiUnderTest {
  url: string;
  port: number;
  folder: string;
  store: Store;
  engine: Engine;
  settings: ApiSettings;
  ask(path: string, asked?: Asked): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  drain(): void;
  close(): Promise<void>;
}

export async function startApi(changes: Partial<ApiDeps> = {}): Promise<ApiUnderTest> {
  const folder = await tempFolder();
  for (const name of ["artifacts", "backups"]) mkdirSync(join(folder, "Databases", name), { recursive: true });
  const store = openStore({
    path: join(folder, "Databases", "workflows.db"),
    synchronous: "NORMAL",
    clock: systemClock,
    log: silentLog,
    appVersion: "0.0.0",
    readonly: false,
    backUpFirst: (_, version) => `none is needed for a new file of version ${version}`,
  });
  const catalog = openCatalog();
  const engine = engineOn(store, folder, catalog.bundledDataDir);
  const backups = createBackups({
    store,
    clock: systemClock,
    ids: systemIds,
    log: silentLog.for("ops"),
    entry: new URL("../../electron/store/threads/reader-thread.ts", import.meta.url).href,
    backupDir: join(folder, "Databases", "backups"),
    dataDir: folder,
  });
  const settings: ApiSettings = {
    runTimeoutSeconds: 20,
    artifactValidateStrict: true,
    artifactMaxDownloadBytes: 10_000_000,
    artifactAllowedMime: null,
    approvedFolders: [],
  };
  const api = createApi({
    store,
    engine,
    catalog,
    settings,
    backups,
    token: TOKEN,
    clock: systemClock,
    log: silentLog,
    rendererDir: null,
    appVersion: "0.0.0",
    dataDir: folder,
    safeMode: false,
    checkReplies: true,
    ...changes,
  });
  const { url, port } = await api.listen(0);
  await engine.start();
  onTestFinished(async () => {
    await api.close();
    await engine.stop(0);
    await backups.stop();
    await store.close();
  });
  const ask = (path: string, asked: Asked = {}): Promise<Answer> => send(port, path, asked);
  const post = (path: string, body?: unknown): Promise<Answer> => ask(path, { method: "POST", body });
  return { url, port, folder, store, engine, settings, ask, post, drain: api.drain, close: api.close };
}

function engineOn(store: Store, folder: string, examplesDir: string): Engine {
  return createEngine({
    store,
    clock: systemClock,
    ids: systemIds,
    log: silentLog,
    random: Math.random,
    http: {
      send: () => Promise.reject(new Error("these tests use no network")),
      vet: () => Promise.reject(new Error("these tests use no network")),
    },
    limits: { total: 4, perWorkflow: 4 },
    backoffCapMs: 1000,
    idempotencyTtlMs: 60_000,
    adhocDisabled: false,
    artifactsDir: join(folder, "Databases", "artifacts"),
    files: { workRoot: join(folder, "work"), approved: [], readable: [], dataDir: folder },
    vault: openVault(join(folder, "Databases")),
    testMode: false,
    llmBaseUrl: null,
    examplesDir,
    computeEntry: new URL("../../electron/engine/compute-thread.ts", import.meta.url).href,
  });
}

/** Node's own client: the only one that sends every header and every path as it is told. */
function send(port: number, path: string, { method = "GET", headers = {}, body, anonymous }: Asked): Promise<Answer> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const all = Object.entries({
    ...(anonymous ? {} : { authorization: `Bearer ${TOKEN}` }),
    ...(text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    ...headers,
  }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path, method, headers: Object.fromEntries(all), agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const isJson = (answer.headers["content-type"] ?? "").startsWith("application/json");
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text,
            json: isJson && text !== "" ? JSON.parse(text) : undefined,
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}

/** A run that exists without ever being worked on: parked before the engine could see it. */
export async function seedRun(store: Store, runId: string, createdAt = 1_000): Promise<void> {
  await store.write("seed run", (tables) => {
    tables.runs.insert({
      runId,
      workflowId: null,
      workflowName: "seeded",
      definitionVersion: 1,
      createdAt,
      lane: "",
      priority: 0,
      stepsTotal: 0,
      startedBy: "api",
      parentRunId: null,
      validationMode: "block",
      sessionId: null,
      idempotencyKey: null,
      requestHash: null,
      metadataJson: null,
      inputsJson: "{}",
      definitionJson: '{"name":"seeded","steps":[]}',
    });
    tables.runs.pauseIdle(runId);
  });
}
