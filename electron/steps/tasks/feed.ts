/** A news feed as plain items, whatever its format: RSS, Atom, RDF or JSON. Entities beyond XML's own stay text. */
import { toIso } from "../../lib/clock.ts";
import { StepError } from "../step-type.ts";

export interface FeedInput {
  text: string;
}

export interface FeedItem {
  /** What tells it from others: the feed's own id, else its link, else its title. */
  id: string;
  title: string;
  link: string | null;
  summary: string;
  /** The whole text, where the feed has it. */
  content: string | null;
  /** ISO 8601, where the feed gives a date that can be read. */
  published: string | null;
}

export interface Feed {
  title: string | null;
  items: FeedItem[];
}

/** Items beyond this one are left out; a feed is no archive. */
const MAX_ITEMS = 1000;

/** Throws StepError `feed_invalid` for what is no feed. */
export async function parseFeedText({ text }: FeedInput): Promise<Feed> {
  // Loaded in the thread that needs it, and there only.
  const { parseFeed } = await import("feedsmith");
  try {
    return plain(parseFeed(text, { maxItems: MAX_ITEMS }));
  } catch {
    throw new StepError("feed_invalid", "This is no RSS, Atom, RDF or JSON feed.", {
      hint: "Does the address lead to the feed, and not to the page about it?",
      retryable: false,
    });
  }
}

type AnyFeed = ReturnType<typeof import("feedsmith").parseFeed<string>>;

function plain(parsed: AnyFeed): Feed {
  switch (parsed.format) {
    case "rss":
      return {
        title: parsed.feed.title ?? null,
        items: (parsed.feed.items ?? []).map((item) =>
          itemOf({
            id: item.guid?.value,
            title: item.title,
            link: item.link,
            summary: item.description,
            content: item.content?.encoded,
            published: item.pubDate ?? item.dc?.dates?.[0],
          }),
        ),
      };
    case "atom":
      return {
        title: parsed.feed.title?.value ?? null,
        items: (parsed.feed.entries ?? []).map((entry) =>
          itemOf({
            id: entry.id,
            title: entry.title?.value,
            link: (entry.links?.find(({ rel }) => rel === undefined || rel === "alternate") ?? entry.links?.[0])?.href,
            summary: entry.summary?.value,
            content: entry.content?.value,
            published: entry.published ?? entry.updated,
          }),
        ),
      };
    case "rdf":
      return {
        title: parsed.feed.title ?? null,
        items: (parsed.feed.items ?? []).map((item) =>
          itemOf({
            id: item.rdf?.about,
            title: item.title,
            link: item.link,
            summary: item.description,
            content: item.content?.encoded,
            published: item.dc?.dates?.[0],
          }),
        ),
      };
    case "json":
      return {
        title: parsed.feed.title ?? null,
        items: (parsed.feed.items ?? []).map((item) =>
          itemOf({
            id: item.id,
            title: item.title,
            link: item.url ?? item.external_url,
            summary: item.summary,
            content: item.content_text ?? item.content_html,
            published: item.date_published ?? item.date_modified,
          }),
        ),
      };
  }
}

type Loose = { [Field in "id" | "title" | "link" | "summary" | "content" | "published"]?: string };

function itemOf({ id, title = "", link, summary = "", content, published }: Loose): FeedItem {
  const at = published === undefined ? Number.NaN : Date.parse(published);
  return {
    id: id ?? link ?? title,
    title: title.trim(),
    link: link ?? null,
    summary: summary.trim(),
    content: content ?? null,
    published: Number.isNaN(at) ? null : toIso(at),
  };
}
