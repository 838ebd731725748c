/** Operations: backups, and what long tasks are doing. */
import { z } from "zod";
import { endpoint, Ok, WORKFLOWS_PREFIX } from "./endpoint.ts";

const tag = "Operations";
const OPS = `${WORKFLOWS_PREFIX}/ops`;

export const Backup = z.object({
  id: z.string(),
  kind: z.literal("snapshot"),
  path: z.string(),
  status: z.enum(["running", "verified", "failed", "cancelled"]),
  label: z.string().nullable(),
  size_bytes: z.int().nullable(),
  sha256: z.string().nullable(),
  duration_ms: z.int().nullable(),
  /** How often SQLite had to begin the copy again. The pinned read keeps this at 0. */
  restarts: z.int().nullable(),
  runs: z.int().nullable(),
  events: z.int().nullable(),
  schema_version: z.int().nullable(),
  created_at: z.string(),
  pages_done: z.int().nullable(),
  pages_total: z.int().nullable(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).nullable(),
});
export type Backup = z.infer<typeof Backup>;

export const createBackup = endpoint({
  method: "POST",
  path: `${OPS}/backups`,
  tag,
  summary: "Copy the database while it is in use, and verify the copy; `wait=true` answers when it is done",
  query: z.object({ wait: z.enum(["true", "false"]).default("false") }),
  body: z.object({
    kind: z.literal("snapshot").default("snapshot"),
    label: z.string().max(200).optional(),
    /** An absolute path for the file; left out, it goes to the backup folder under a dated name. */
    path: z.string().min(1).max(4000).optional(),
  }),
  reply: Backup,
  status: 202,
  duringMaintenance: true,
  errors: ["backup_running", "input_invalid", "disk_full"],
});

export const listBackups = endpoint({
  method: "GET",
  path: `${OPS}/backups`,
  tag,
  summary: "Backups made by this app, newest first",
  reply: z.object({ backups: z.array(Backup) }),
});

export const getBackup = endpoint({
  method: "GET",
  path: `${OPS}/backups/{id}`,
  tag,
  summary: "One backup, with its progress while it runs",
  params: z.object({ id: z.string().min(1).max(100) }),
  reply: Backup,
  errors: ["backup_not_found"],
});

export const cancelTask = endpoint({
  method: "DELETE",
  path: `${OPS}/tasks/{id}`,
  tag,
  summary: "Cancel a running task",
  params: z.object({ id: z.string().min(1).max(100) }),
  reply: Ok,
  duringMaintenance: true,
  errors: ["not_found"],
});
