/** Identifiers, passed in. UUIDv7: unique without asking anybody, and sorted by the time they were made. */
import { v7 } from "uuid";

export interface Ids {
  next(): string;
}

export const systemIds: Ids = { next: () => v7() };
