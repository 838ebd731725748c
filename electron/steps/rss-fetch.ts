/** Reads RSS feeds; the work is in feeds.ts. */
import { feedStep } from "./feeds.ts";

export const rssFetch = feedStep("rss_fetch", "RSS feeds");
