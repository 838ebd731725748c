/** Reads Atom feeds; the work is in feeds.ts. */
import { feedStep } from "./feeds.ts";

export const atomFetch = feedStep("atom_fetch", "Atom feeds");
