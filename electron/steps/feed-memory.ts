/** Which items of a feed a step has given before, kept from one run to the next. Nothing is fetched here. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { StepContext } from "./step-type.ts";
import type { FeedItem } from "./tasks/feed.ts";

/** Marks of items, newest first. `given` are those of the attempt `by`, which may have to be given again. */
const Memory = z.object({ seen: z.array(z.string()), by: z.string(), given: z.array(z.string()) });
type Memory = z.output<typeof Memory>;

/** Twice what a feed may hold, so that nothing still in the feed is forgotten. */
const MAX_REMEMBERED = 2000;

interface FeedItems {
  url: string;
  items: FeedItem[];
}

export function feedMemory({
  state,
  step,
  idempotencyKey,
}: Pick<StepContext<unknown>, "state" | "step" | "idempotencyKey">) {
  const keyOf = (url: string): string => `feed_seen:${step.id}:${url}`;

  async function recall(url: string): Promise<Memory> {
    const stored = Memory.safeParse(await state.get(keyOf(url)));
    return stored.success ? stored.data : { seen: [], by: "", given: [] };
  }

  return {
    /**
     * The feed with only the items that no earlier visit of this step gave. A visit that is run again after a crash
     * sees what it saw the first time: its result may never have been recorded.
     */
    async unseen({ url, items }: FeedItems): Promise<FeedItems> {
      const { seen, by, given } = await recall(url);
      const again = new Set(by === idempotencyKey ? given : []);
      const known = new Set(seen);
      return { url, items: items.filter(({ id }) => !known.has(markOf(id)) || again.has(markOf(id))) };
    },

    /** Remember `items` as given. `inFeed`: all that the feed holds now; of these none is forgotten. */
    async keep({ url, items }: FeedItems, inFeed: FeedItem[]): Promise<void> {
      const { seen } = await recall(url);
      const given = items.map(({ id }) => markOf(id));
      const present = new Set(inFeed.map(({ id }) => markOf(id)));
      const stillThere = seen.filter((mark) => present.has(mark));
      const all = [...new Set([...given, ...stillThere, ...seen])].slice(0, MAX_REMEMBERED);
      await state.set(keyOf(url), { seen: all, by: idempotencyKey, given } satisfies Memory);
    },
  };
}

/** Short enough to keep thousands; 96 bits are far from any chance of two alike. */
const markOf = (id: string): string => createHash("sha256").update(id).digest("base64url").slice(0, 16);
