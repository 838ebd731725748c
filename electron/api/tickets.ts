/**
 * Tickets: what a browser fetches by itself (an image, a frame, a download) cannot carry the token, so the page asks for
 * an address that opens one target for a minute. They live in memory only and are never logged.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../lib/clock.ts";

export const TICKET_LIFE_MS = 60_000;

/** More than a page full of pictures needs; past it the oldest goes. */
const MOST_TICKETS = 5000;

export interface Tickets {
  /** An address for GET of `path` (with its query). `expiresAt` is epoch milliseconds. */
  issue(path: string): { url: string; expiresAt: number };
  opens(target: string): boolean;
}

export function createTickets(clock: Clock): Tickets {
  // In the order of their issue, which is the order in which they end.
  const expiries = new Map<string, number>();

  function dropOld(now: number): void {
    for (const [target, expiresAt] of expiries) {
      if (expiresAt > now && expiries.size < MOST_TICKETS) return;
      expiries.delete(target);
    }
  }

  return {
    issue(path) {
      const now = clock.now();
      dropOld(now);
      const url = `${path}${path.includes("?") ? "&" : "?"}ticket=${randomBytes(24).toString("base64url")}`;
      const expiresAt = now + TICKET_LIFE_MS;
      expiries.set(url, expiresAt);
      return { url, expiresAt };
    },
    opens: (target) => (expiries.get(target) ?? 0) > clock.now(),
  };
}
