/** What the API is given. It owns none of it: no SQL, no engine state and no settings are made here. */
import type { Engine } from "../engine/engine.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Backups } from "../operations/backup.ts";
import type { Store } from "../store/store.ts";
import type { Catalog } from "../templates/catalog.ts";

/** Read anew for every request, so that a changed setting holds from the next request on. */
export interface ApiSettings {
  /** How long a synchronous start waits before it answers 504. */
  runTimeoutSeconds: number;
  /** Off: artifacts of approved folders are served with a warning instead of being refused. */
  artifactValidateStrict: boolean;
  artifactMaxDownloadBytes: number;
  /** Lower-case MIME types, `type/*` among them; null allows all. */
  artifactAllowedMime: readonly string[] | null;
  /** Absolute folders that the person allowed steps and downloads to use. */
  approvedFolders: readonly string[];
}

export interface ApiDeps {
  store: Store;
  engine: Engine;
  backups: Backups;
  catalog: Catalog;
  settings: ApiSettings;
  token: string;
  clock: Clock;
  log: Log;
  /** The built page; null when this program carries none. */
  rendererDir: string | null;
  appVersion: string;
  /** Absolute. */
  dataDir: string;
  safeMode: boolean;
  /** Tests only: parse every reply with its own schema, so that a reply that drifts from the contract fails. */
  checkReplies?: boolean;
}
