/** What the feed steps share: fetch the feeds, choose fairly among their items, and tell which of them failed. */
import { z } from "zod";
import { feedMemory } from "./feed-memory.ts";
import { mayHelp, retryAfterMs } from "./http-request.ts";
import { asStepError, cancellable } from "./network-failure.ts";
import {
  CAPABILITY,
  defineStep,
  failed,
  type Outputs,
  ok,
  type StepContext,
  StepError,
  type StepResult,
} from "./step-type.ts";
import type { FeedItem } from "./tasks/feed.ts";

const schema = z.strictObject({
  urls: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(100)])
    .describe("Addresses of feeds: a list, or a text with one or several"),
  limit: z.int().min(1).max(1000).default(10).describe("At most so many items in all, shared fairly among the feeds"),
  include_content: z.boolean().default(true).describe("Give the whole text of an item too, where the feed has it"),
  only_new: z.boolean().default(false).describe("Leave out what an earlier run of this step gave already"),
  on_error: z.enum(["fail", "skip"]).default("fail").describe("skip: go on without a feed that fails, and tell it"),
  timeout_seconds: z.number().positive().max(600).default(10).describe("For each feed"),
});
type Config = z.output<typeof schema>;

const MAX_FEED_BYTES = 8 * 1024 * 1024;
const AT_ONCE = 4;

interface FeedError {
  url: string;
  code: string;
  message: string;
}

type Fetched = { url: string; items: FeedItem[] } | { url: string; error: StepError };

/** A feed step under one of its names. Both read every format: who wrote the workflow may not know which it is. */
export const feedStep = (type: string, title: string) =>
  defineStep({
    type,
    title,
    group: "network",
    description:
      "Reads news feeds of any format. Gives `results` (title, link, summary, published, guid, feed), `count`, `text`, and `errors` of feeds that failed.",
    schema,
    example: { urls: ["https://example.com/feed.xml"], limit: 5 },
    // Reading again gives what the same attempt gave before; what was remembered for it does not hide it.
    capability: CAPABILITY.pure,
    inner: true,
    execute(context) {
      if (context.testMode) return ok({ ...outputsOf([], [], context.config), dispatched: false, test_mode: true });
      return cancellable(context.signal, () => readFeeds(context));
    },
  });

async function readFeeds(context: StepContext<Config>): Promise<StepResult> {
  const { urls, limit, only_new, on_error } = context.config;
  const fetched = await fetchAll([...new Set(typeof urls === "string" ? urls.trim().split(/\s+/) : urls)], context);
  context.signal.throwIfAborted();
  const broken = fetched.filter((feed) => "error" in feed);
  const errors = broken.map(({ url, error }) => ({ url, code: error.code, message: error.message }));
  const first = broken[0];
  if (first && on_error === "fail") {
    return failed(first.error.code, `${first.url}: ${first.error.message}`, {
      ...first.error.extra,
      hint: first.error.extra.hint ?? "on_error: skip goes on with the other feeds.",
      outputs: { error: first.error.code, errors },
    });
  }
  const memory = feedMemory(context);
  const feeds = fetched.filter((feed) => "items" in feed);
  const fresh = only_new ? await Promise.all(feeds.map(memory.unseen)) : feeds;
  const given = fairShares(
    fresh.map(({ items }) => items.length),
    limit,
  ).map((share, index) => ({ url: fresh[index]?.url ?? "", items: (fresh[index]?.items ?? []).slice(0, share) }));
  // Only what is given out is remembered: what the limit left out comes next time.
  if (only_new) for (const [index, feed] of given.entries()) await memory.keep(feed, feeds[index]?.items ?? []);
  return ok(outputsOf(given, errors, context.config));
}

async function fetchAll(urls: string[], context: StepContext<Config>): Promise<Fetched[]> {
  const fetched: Fetched[] = [];
  const left = urls.entries();
  const worker = async (): Promise<void> => {
    for (const [index, url] of left) {
      if (context.signal.aborted) return;
      fetched[index] = await fetchOne(url, context);
      context.progress({ done: fetched.filter(Boolean).length, total: urls.length });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, urls.length) }, worker));
  return fetched.filter(Boolean);
}

async function fetchOne(url: string, context: StepContext<Config>): Promise<Fetched> {
  try {
    const response = await context.http.send({
      url,
      method: "GET",
      headers: {
        accept: "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5",
      },
      timeoutMs: Math.ceil(context.config.timeout_seconds * 1000),
      maxBytes: MAX_FEED_BYTES,
      maxRedirects: 5,
      signal: context.signal,
    });
    if (response.status >= 300) {
      throw new StepError("http_error", `The server answered ${response.status}.`, {
        retryable: mayHelp(response.status),
        retryAfterMs: retryAfterMs(response.headers["retry-after"], context.clock.now()),
      });
    }
    const text = decoded(response.body, response.headers["content-type"]);
    return { url, items: (await context.compute("feed_parse", { text })).items };
  } catch (error) {
    const known = asStepError(error);
    if (known instanceof StepError) return { url, error: known };
    throw error;
  }
}

/** Text in the encoding that the server names, or the document itself; UTF-8 when neither makes sense. */
function decoded(body: Uint8Array, contentType: string | undefined): string {
  const head = Buffer.from(body.subarray(0, 200)).toString("latin1");
  const label = /charset="?([\w-]+)/i.exec(contentType ?? "")?.[1] ?? /encoding=["']([\w-]+)/i.exec(head)?.[1];
  try {
    return new TextDecoder(label ?? "utf-8").decode(body);
  } catch {
    // An encoding that nobody knows: most of it is likely to be readable all the same.
    return new TextDecoder().decode(body);
  }
}

/** How many to take of each, so that none crowds out another and what one lacks goes to the rest. */
export function fairShares(sizes: number[], limit: number): number[] {
  const shares = sizes.map(() => 0);
  let left = Math.min(
    limit,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  while (left > 0) {
    for (const [index, size] of sizes.entries()) {
      if (left === 0 || (shares[index] ?? 0) >= size) continue;
      shares[index] = (shares[index] ?? 0) + 1;
      left--;
    }
  }
  return shares;
}

function outputsOf(feeds: { url: string; items: FeedItem[] }[], errors: FeedError[], config: Config): Outputs {
  const results = feeds.flatMap(({ url, items }) =>
    items.map(({ id, title, link, summary, content, published }) => ({
      title,
      link,
      summary,
      ...(published ? { published } : {}),
      guid: id,
      feed: url,
      ...(config.include_content && content ? { content } : {}),
    })),
  );
  const text = results
    .map(({ title, link, summary }) => [title, link, summary].filter(Boolean).join("\n"))
    .join("\n\n");
  return { results, count: results.length, text, errors };
}
