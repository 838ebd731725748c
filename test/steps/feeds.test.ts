/** rss_fetch and atom_fetch against real servers on this machine. */
import { afterEach, expect, test } from "vitest";
import { type LocalServer, localServer } from "../support/local-server.ts";
import { OPEN_EGRESS, stepBench } from "../support/step-context.ts";

const bench = await stepBench();
const open: LocalServer[] = [];
afterEach(async () => {
  bench.state.clear();
  await Promise.all(open.splice(0).map((server) => server.close()));
});

interface Item {
  id: string;
  date?: string;
}

const rss = (items: Item[]): string =>
  `<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title>${items
    .map(
      ({ id, date }) =>
        `<item><title>Title ${id} &amp; more</title><link>https://news.example/${id}</link><guid>${id}</guid>` +
        `<description>About ${id}</description><content:encoded><![CDATA[<p>All of ${id}</p>]]></content:encoded>` +
        `${date ? `<pubDate>${date}</pubDate>` : ""}</item>`,
    )
    .join("")}</channel></rss>`;

const atom = (ids: string[]): string =>
  `<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Log</title>${ids
    .map(
      (id) =>
        `<entry><id>urn:${id}</id><title>${id}</title><link rel="self" href="https://log.example/self"/>` +
        `<link href="https://log.example/${id}"/><updated>2026-01-02T03:04:05+01:00</updated><summary>${id}!</summary></entry>`,
    )
    .join("")}</feed>`;

/** Serves each path what `pages` holds for it at that moment; a number is an error of that status. */
async function serve(pages: Record<string, string | Buffer | number>): Promise<LocalServer> {
  const server = await localServer(({ path }, response) => {
    const page = pages[path] ?? 404;
    if (typeof page === "number") response.writeHead(page).end();
    else response.writeHead(200, { "content-type": "application/xml" }).end(page);
  });
  open.push(server);
  return server;
}

const guids = (result: unknown): string[] =>
  (result as { outputs: { results: { guid: string }[] } }).outputs.results.map(({ guid }) => guid);

test("rss_fetch gives title, link, summary, date, id and content of each item", async () => {
  const server = await serve({ "/rss": rss([{ id: "a", date: "Tue, 03 Feb 2026 04:05:06 GMT" }, { id: "b" }]) });
  const result = await bench.run("rss_fetch", { urls: `${server.url}/rss` });
  expect(result).toMatchObject({ status: "ok", outputs: { count: 2, errors: [] } });
  expect(result).toMatchObject({
    outputs: {
      results: [
        {
          title: "Title a & more",
          link: "https://news.example/a",
          summary: "About a",
          published: "2026-02-03T04:05:06.000+00:00",
          guid: "a",
          feed: `${server.url}/rss`,
          content: "<p>All of a</p>",
        },
        { guid: "b" },
      ],
      text: expect.stringContaining("Title b & more\nhttps://news.example/b\nAbout b"),
    },
  });
  const brief = await bench.run("rss_fetch", { urls: [`${server.url}/rss`], include_content: false });
  expect(brief).toMatchObject({
    outputs: { results: [expect.not.objectContaining({ content: expect.anything() }), {}] },
  });
});

test("atom_fetch reads Atom, and either type reads the other's format", async () => {
  const server = await serve({ "/atom": atom(["x"]), "/rss": rss([{ id: "a" }]) });
  expect(await bench.run("atom_fetch", { urls: `${server.url}/atom` })).toMatchObject({
    outputs: {
      results: [
        {
          title: "x",
          link: "https://log.example/x",
          summary: "x!",
          published: "2026-01-02T02:04:05.000+00:00",
          guid: "urn:x",
        },
      ],
    },
  });
  expect(guids(await bench.run("atom_fetch", { urls: `${server.url}/rss\n${server.url}/atom` }))).toEqual([
    "a",
    "urn:x",
  ]);
});

test("a long feed does not crowd out a short one, and what one lacks goes to the other", async () => {
  const long = Array.from({ length: 50 }, (_, index) => ({ id: `l${index}` }));
  const server = await serve({ "/long": rss(long), "/short": rss([{ id: "s0" }]) });
  const result = await bench.run("rss_fetch", { urls: [`${server.url}/long`, `${server.url}/short`], limit: 4 });
  expect(guids(result)).toEqual(["l0", "l1", "l2", "s0"]);
});

test("only_new gives each item once, and loses none that the limit left out", async () => {
  const pages = { "/f": rss([{ id: "3" }, { id: "2" }, { id: "1" }]) };
  const server = await serve(pages);
  const config = { urls: `${server.url}/f`, only_new: true, limit: 2 };
  const runAs = (run: string) => bench.run("rss_fetch", config, { overrides: { idempotencyKey: `${run}:s1:1` } });
  expect(guids(await runAs("first"))).toEqual(["3", "2"]);
  expect(guids(await runAs("second"))).toEqual(["1"]);
  expect(guids(await runAs("third"))).toEqual([]);
  pages["/f"] = rss([{ id: "4" }, { id: "3" }]);
  expect(guids(await runAs("fourth"))).toEqual(["4"]);
  // A crash after the step and before its result was recorded: the same visit once more.
  expect(guids(await runAs("fourth"))).toEqual(["4"]);
  expect(guids(await runAs("fifth"))).toEqual([]);
});

test("a feed that fails is the step's failure, or a line in errors", async () => {
  const server = await serve({
    "/good": rss([{ id: "a" }]),
    "/down": 503,
    "/gone": 404,
    "/page": "<html><p>hi</p></html>",
  });
  const urls = ["/good", "/down", "/gone", "/page"].map((path) => `${server.url}${path}`);
  expect(await bench.run("rss_fetch", { urls })).toMatchObject({
    status: "failed",
    failure: { code: "http_error", retryable: true, message: `${server.url}/down: The server answered 503.` },
    outputs: { error: "http_error", errors: [{}, {}, {}] },
  });
  expect(await bench.run("rss_fetch", { urls: urls[3] })).toMatchObject({
    failure: { code: "feed_invalid", retryable: false },
  });
  expect(await bench.run("rss_fetch", { urls, on_error: "skip" })).toMatchObject({
    status: "ok",
    outputs: {
      count: 1,
      errors: [
        { url: urls[1], code: "http_error" },
        { url: urls[2], code: "http_error" },
        { url: urls[3], code: "feed_invalid" },
      ],
    },
  });
});

test("without a network it is offline and worth another try; a forbidden place is not", async () => {
  expect(await bench.run("rss_fetch", { urls: "http://nowhere.invalid/feed" })).toMatchObject({
    failure: { code: "offline", retryable: true },
  });
  const closed = await stepBench({ egress: { ...OPEN_EGRESS, blockPrivate: true } });
  expect(await closed.run("rss_fetch", { urls: "http://127.0.0.1/feed" })).toMatchObject({
    failure: { code: "blocked_egress", retryable: false },
  });
});

test("an old encoding is read, and entities of the document's own are not resolved", async () => {
  const latin = Buffer.from(
    rss([{ id: "a" }])
      .replace('version="1.0"?', 'version="1.0" encoding="iso-8859-1"?')
      .replace("Title a", "Größe a"),
    "latin1",
  );
  const bomb = `<!DOCTYPE rss [<!ENTITY a "boom"><!ENTITY f SYSTEM "file:///etc/hostname">]>${rss([{ id: "a" }])
    .slice(21)
    .replace("About a", "&a;&f;")}`;
  const server = await serve({ "/latin": latin, "/bomb": bomb });
  expect(await bench.run("rss_fetch", { urls: `${server.url}/latin` })).toMatchObject({
    outputs: { results: [{ title: "Größe a & more" }] },
  });
  const result = await bench.run("rss_fetch", { urls: `${server.url}/bomb`, on_error: "skip" });
  expect(JSON.stringify(result)).not.toContain("boom");
});

test("a cancelled fetch is cancelled", async () => {
  const server = await serve({ "/rss": rss([{ id: "a" }]) });
  expect(await bench.run("rss_fetch", { urls: `${server.url}/rss` }, { signal: AbortSignal.abort() })).toEqual({
    status: "cancelled",
  });
});
