/**
 * Cursors: where a page of a list ended, as text that clients pass back unread. Unsigned, so everything in them is
 * checked like any other input; a cursor that is not ours never turns silently into page one.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { AppError } from "../lib/app-error.ts";

const LONGEST = 4096;

const Position = z.int().min(0);

const RunCursor = z.object({
  order_by: z.enum(["created_at", "started_at", "ended_at"]),
  order_desc: z.boolean(),
  /** Epoch milliseconds of the ordering column; null for runs that have none yet. */
  last_ts: Position.nullable(),
  last_id: z.string().min(1).max(100),
  /** Hash of the filters that the page was made with. */
  f: z.string(),
});
export type RunCursor = z.infer<typeof RunCursor>;

const EventCursor = z.object({ last_seq: Position });

export const encodeRunCursor = (cursor: RunCursor): string => encode(cursor);
export const encodeEventCursor = (lastSeq: number): string => encode({ last_seq: lastSeq });

/** Undefined when no cursor was sent. Throws `invalid_cursor` if it is broken or was made with other filters. */
export function decodeRunCursor(text: string | undefined, filterHash: string): RunCursor | undefined {
  const cursor = decode(text, RunCursor);
  if (cursor && cursor.f !== filterHash) {
    throw invalidCursor("It was made with other filters: leave it out to begin anew.");
  }
  return cursor;
}

/** The `event_seq` to go on after; undefined when no cursor was sent. Throws `invalid_cursor`. */
export const decodeEventCursor = (text: string | undefined): number | undefined => decode(text, EventCursor)?.last_seq;

/** The same for the same filters, in whatever order they were given. */
export function hashOfFilters(filters: Record<string, unknown>): string {
  const known = Object.entries(filters).filter(([, value]) => value !== undefined);
  const sorted = known.map(([key, value]) => [key, Array.isArray(value) ? [...value].sort() : value]).sort();
  return createHash("sha256").update(JSON.stringify(sorted)).digest("base64url").slice(0, 12);
}

export const invalidCursor = (hint = "Leave it out to begin anew."): AppError =>
  new AppError("invalid_cursor", "Invalid cursor", { hint });

/** Digits of an event number, or undefined for an absent header. Throws `invalid_cursor`. */
export function parseLastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === "") return undefined;
  if (typeof header === "string" && /^\d{1,15}$/.test(header)) return Number(header);
  throw invalidCursor("Last-Event-ID must be the id of an event of this stream.");
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function decode<T>(text: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (text === undefined || text === "") return undefined;
  if (text.length > LONGEST || !/^[A-Za-z0-9_-]+$/.test(text)) throw invalidCursor();
  try {
    return schema.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  } catch {
    throw invalidCursor();
  }
}
