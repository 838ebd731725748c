/** Events: read a page, or follow a run live. The stream and the page read the same table. */
import { z } from "zod";
import { RunEvent } from "../event.ts";
import { endpoint, RunParams, repeated, WORKFLOWS_PREFIX } from "./endpoint.ts";

const tag = "Events";

export const listEvents = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/runs/{run_id}/events`,
  tag,
  summary: "The events of a run by number; a full page carries Next-Cursor",
  params: RunParams,
  query: z.object({
    since: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(500),
    types: repeated(z.string()),
    cursor: z.string().optional(),
  }),
  reply: z.array(RunEvent),
  errors: ["run_not_found", "invalid_cursor"],
});

export const streamRunEvents = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/runs/{run_id}/events/stream`,
  tag,
  summary: "Follow one run; `id:` is event_seq, resume with Last-Event-ID, ends with `event: end`",
  params: RunParams,
  reply: z.string(),
  contentType: "text/event-stream",
  errors: ["run_not_found", "invalid_cursor"],
});

export const streamAllEvents = endpoint({
  method: "GET",
  path: `${WORKFLOWS_PREFIX}/events/stream`,
  tag,
  summary: "Follow all runs from now on; `id:` is the global event_id",
  reply: z.string(),
  contentType: "text/event-stream",
  errors: ["invalid_cursor"],
});
