/**
 * The one place that reads environment variables. What comes out is plain data that can be posted to a thread.
 * A value that makes no sense is replaced by its default and named in a warning; it never stops a start.
 */
import { delimiter, isAbsolute } from "node:path";
import { DEFAULT_PORTS, type EgressSettings, egressSettings } from "../net/egress-settings.ts";

export type Env = Readonly<Record<string, string | undefined>>;

export interface EngineSettings {
  /** Runs that may be active at once: in all, and per workflow. */
  tenantConcurrency: number;
  workflowConcurrency: number;
  /** How long a synchronous start waits before it answers 504; the run goes on. */
  runTimeoutSec: number;
  idempotencyTtlHours: number;
  backoffCapSeconds: number;
  adhocDisabled: boolean;
  /** SQLite's `synchronous`: NORMAL may lose the last commits in a power cut. */
  synchronous: "FULL" | "NORMAL";
  testMode: boolean;
  /** Where an OpenAI-compatible model server is, ending in `/v1`; null when every llm step must say so itself. */
  llmBaseUrl: string | null;
  files: {
    /** Absolute; null means that only run workdirs are open to steps. */
    baseDir: string | null;
    /** Absolute folders. */
    allowlist: string[];
  };
  artifacts: {
    validateStrict: boolean;
    maxDownloadBytes: number;
    /** Lower-case MIME types; null allows all. */
    allowedMime: string[] | null;
  };
  egress: EgressSettings;
  debug: { all: boolean; artifacts: boolean; dlq: boolean };
}

export interface ReadSettings {
  settings: EngineSettings;
  /** Kept apart from the settings, which may be shown. Null: a new token for every start. */
  apiToken: string | null;
  /** `DATABASE_URL_WORKFLOWS` as given; `database-url.ts` judges it. */
  databaseUrl: string | null;
  /** Sentences for the log and the terminal. They name variables, never secret values. */
  warnings: string[];
}

/** Variables that child processes and threads have no business with. */
export const SECRET_VARIABLES: ReadonlySet<string> = new Set(["WORKFLOWS_API_TOKEN", "DATABASE_URL_WORKFLOWS"]);

export function readSettings(env: Env): ReadSettings {
  const read = createReader(env);
  const egress = egressSettings(env);
  const settings: EngineSettings = {
    tenantConcurrency: read.integer("WORKFLOWS_TENANT_CONCURRENCY", 8, 1),
    workflowConcurrency: read.integer("WORKFLOWS_WORKFLOW_CONCURRENCY", 4, 1),
    runTimeoutSec: read.integer("WORKFLOWS_RUN_TIMEOUT_SEC", 3300, 1),
    idempotencyTtlHours: read.integer("WORKFLOWS_IDEMPOTENCY_TTL_HOURS", 24, 1),
    backoffCapSeconds: read.integer("WORKFLOWS_BACKOFF_CAP_SECONDS", 8, 0),
    adhocDisabled: read.flag("WORKFLOWS_DISABLE_ADHOC", false),
    synchronous: read.word("WORKFLOWS_SYNCHRONOUS", ["FULL", "NORMAL"]),
    testMode: read.flag("TEST_MODE", false),
    llmBaseUrl: text(env, "WORKFLOWS_LLM_BASE_URL"),
    files: {
      baseDir: read.folders("WORKFLOWS_FILE_BASE_DIR", "single")[0] ?? null,
      allowlist: read.folders("WORKFLOWS_FILE_ALLOWLIST", "list"),
    },
    artifacts: {
      validateStrict: read.flag("WORKFLOWS_ARTIFACT_VALIDATE_STRICT", true),
      maxDownloadBytes: read.integer("WORKFLOWS_ARTIFACT_MAX_DOWNLOAD_BYTES", 10_485_760, 1),
      allowedMime: orNull(read.list("WORKFLOWS_ARTIFACT_ALLOWED_MIME")),
    },
    egress: {
      ...egress,
      allowedPorts: read.ports("WORKFLOWS_EGRESS_ALLOWED_PORTS", egress.allowedPorts),
      blockPrivate: read.flag("WORKFLOWS_EGRESS_BLOCK_PRIVATE", true),
    },
    debug: {
      all: read.flag("WORKFLOWS_DEBUG", false),
      artifacts: read.flag("WORKFLOWS_ARTIFACTS_DEBUG", false),
      dlq: read.flag("WORKFLOWS_DLQ_DEBUG", false),
    },
  };
  const apiToken = read.token("WORKFLOWS_API_TOKEN");
  return { settings, apiToken, databaseUrl: text(env, "DATABASE_URL_WORKFLOWS"), warnings: read.warnings };
}

function createReader(env: Env) {
  const warnings: string[] = [];
  const list = (name: string): string[] => words(env, name).map((word) => word.toLowerCase());

  function integer(name: string, fallback: number, min: number): number {
    const value = text(env, name);
    if (value === null) return fallback;
    const number = Number(value);
    if (Number.isSafeInteger(number) && number >= min) return number;
    warnings.push(`${name} must be a whole number of at least ${min}; ${fallback} is used instead of "${value}".`);
    return fallback;
  }

  function flag(name: string, fallback: boolean): boolean {
    const value = text(env, name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (/^(1|true|yes|on)$/.test(value)) return true;
    if (/^(0|false|no|off)$/.test(value)) return false;
    warnings.push(
      `${name} must be one of 1, true, yes, on or 0, false, no, off; it counts as ${fallback ? "on" : "off"}.`,
    );
    return fallback;
  }

  /** One of `allowed`, in any case; the first is the default. */
  function word<const Allowed extends readonly [string, ...string[]]>(name: string, allowed: Allowed): Allowed[number] {
    const value = text(env, name);
    if (value === null) return allowed[0];
    const known = allowed.find((candidate) => candidate === value.toUpperCase());
    if (known) return known;
    warnings.push(`${name} must be one of ${allowed.join(", ")}; ${allowed[0]} is used instead of "${value}".`);
    return allowed[0];
  }

  /** Ports as the policy wants them; what is not a port voids the whole list, so that a slip never opens more. */
  function ports(name: string, meant: EgressSettings["allowedPorts"]): EgressSettings["allowedPorts"] {
    const isPort = (port: string) => /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536;
    if (meant === "any" || meant.every(isPort)) return meant;
    warnings.push(`${name} must list ports, or be "any"; ${DEFAULT_PORTS.join(", ")} are used instead.`);
    return DEFAULT_PORTS;
  }

  function folders(name: string, kind: "single" | "list"): string[] {
    const value = text(env, name);
    if (value === null) return [];
    const given = kind === "single" ? [value] : value.split(new RegExp(`[,${delimiter}]`)).map((part) => part.trim());
    const absolute = given.filter((folder) => isAbsolute(folder));
    if (absolute.length < given.filter(Boolean).length) {
      warnings.push(`${name} must hold absolute paths; what is relative in it is left out.`);
    }
    return absolute;
  }

  function token(name: string): string | null {
    const value = text(env, name);
    if (value === null) return null;
    // Visible ASCII only: anything else cannot travel in a header, and every client would be refused.
    if (/^[\x21-\x7e]{8,512}$/.test(value)) return value;
    warnings.push(`${name} must be 8 to 512 visible ASCII characters without spaces; a new token is made instead.`);
    return null;
  }

  return { warnings, list, integer, flag, word, ports, folders, token };
}

/** The trimmed value; null when unset or empty. */
const text = (env: Env, name: string): string | null => env[name]?.trim() || null;

const words = (env: Env, name: string): string[] =>
  (text(env, name) ?? "")
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);

const orNull = (list: string[]): string[] | null => (list.length > 0 ? list : null);
