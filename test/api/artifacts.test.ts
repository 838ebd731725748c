import { createHash } from "node:crypto";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { parseRange } from "../../electron/api/byte-range.ts";
import { createTickets, TICKET_LIFE_MS } from "../../electron/api/tickets.ts";
import { type ApiUnderTest, type Asked, PREFIX, seedRun, startApi, TOKEN } from "./api-under-test.ts";

const TEXT = "0123456789abcdefghijklmnopqrstuvwxyz";

interface Seed {
  path: string;
  name?: string;
  mimeType?: string;
  checksum?: string | null;
  metadata?: Record<string, unknown>;
  content?: string | null;
}

/** Puts the file there and records it as an artifact of run `r`; gives its id. */
async function seedArtifact(api: ApiUnderTest, seed: Seed): Promise<string> {
  const { path, content = TEXT } = seed;
  if (content !== null) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  if (!api.store.runs.summary("r")) await seedRun(api.store, "r");
  const artifactId = `artifact-${api.store.artifacts.ofRun("r").length + 1}`;
  await api.store.write("seed", ({ artifacts }) =>
    artifacts.insert({
      artifactId,
      runId: "r",
      stepRunId: null,
      stepId: null,
      name: seed.name ?? "",
      type: "file",
      uri: pathToFileURL(path).href,
      sizeBytes: TEXT.length,
      mimeType: seed.mimeType ?? "application/octet-stream",
      checksumSha256: seed.checksum ?? null,
      metadataJson: JSON.stringify(seed.metadata ?? {}),
      createdAt: 1,
    }),
  );
  return artifactId;
}

const download = (api: ApiUnderTest, id: string, asked?: Asked) => api.ask(`${PREFIX}/artifacts/${id}/download`, asked);

const inStore = (api: ApiUnderTest, name: string): string => join(api.folder, "Databases", "artifacts", name);

test.each([
  ["bytes=0-9", 0, 9],
  ["bytes=0-0", 0, 0],
  ["bytes=30-", 30, 35],
  ["bytes=-5", 31, 35],
  ["bytes=-100", 0, 35],
  ["bytes=30-1000", 30, 35],
  ["bytes = 1 - 2", 1, 2],
])("%s of 36 bytes is %i to %i", async (header, first, last) => {
  expect(parseRange(header, 36)).toEqual({ first, last });
});

test.each(["bytes=36-", "bytes=9-3", "bytes=-0", "bytes=a-b", "bytes=-", "bytes=", "bytes=0-1,4-5"])(
  "%s of 36 bytes cannot be had",
  (header) => {
    expect(parseRange(header, 36)).toBe("unsatisfiable");
  },
);

test("units that nobody knows and no header at all mean the whole file", () => {
  expect(parseRange("lines=1-2", 36)).toBeNull();
  expect(parseRange(undefined, 36)).toBeNull();
  expect(parseRange("bytes=0-", 0)).toBe("unsatisfiable");
});

test("a download streams the file, whole or by one range, and says its size when a range is not in it", async () => {
  const api = await startApi();
  const id = await seedArtifact(api, { path: inStore(api, "ab/abc"), name: "Größe “1”.txt", mimeType: "text/plain" });

  expect(await download(api, id)).toMatchObject({
    status: 200,
    text: TEXT,
    headers: {
      "accept-ranges": "bytes",
      "content-length": "36",
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": `attachment; filename="Gr__e _1_.txt"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E2%80%9C1%E2%80%9D.txt`,
      "content-security-policy": expect.stringMatching(/^sandbox; default-src 'none'/),
    },
  });
  expect(await download(api, id, { headers: { range: "bytes=0-9" } })).toMatchObject({
    status: 206,
    text: "0123456789",
    headers: { "content-range": "bytes 0-9/36", "content-length": "10" },
  });
  expect(await download(api, id, { headers: { range: "bytes=99-" } })).toMatchObject({
    status: 416,
    json: { code: "invalid_range" },
    headers: { "content-range": "bytes */36" },
  });
  expect(await download(api, id, { method: "HEAD" })).toMatchObject({
    status: 200,
    text: "",
    headers: { "content-length": "36" },
  });
  const shown = await api.ask(`${PREFIX}/artifacts/${id}/download?inline=1`);
  expect(shown.headers["content-disposition"]).toMatch(/^inline; /);
});

test("only files inside the artifact folder and the run's own folders are given out", async () => {
  const api = await startApi();
  const outside = join(api.folder, "outside");
  const secret = join(outside, "secret.txt");
  const first = await seedArtifact(api, { path: secret });
  await symlink(secret, inStore(api, "link"));
  await symlink(outside, inStore(api, "folder-link"));

  const refused = [
    first,
    await seedArtifact(api, { path: inStore(api, "link"), content: null }),
    await seedArtifact(api, { path: inStore(api, "folder-link/secret.txt"), content: null }),
    await seedArtifact(api, { path: `${inStore(api, "")}/../../outside/secret.txt`, content: null }),
    await seedArtifact(api, { path: join(api.folder, "Databases", "artifacts-more", "x.txt") }),
    await seedArtifact(api, { path: join(api.folder, "Databases", "workflows.db"), content: null }),
    await seedArtifact(api, { path: secret, metadata: { workdir: outside } }),
    await seedArtifact(api, { path: join(outside, "not-there"), content: null }),
  ];
  for (const id of refused) {
    expect(await download(api, id), id).toMatchObject({ status: 403, json: { code: "path_outside_scope" } });
  }
  const gone = await seedArtifact(api, { path: inStore(api, "gone"), content: null });
  expect(await download(api, gone)).toMatchObject({ status: 404, json: { code: "artifact_file_missing" } });
  const folder = await seedArtifact(api, { path: inStore(api, ""), content: null });
  expect(await download(api, folder)).toMatchObject({ status: 404, json: { code: "artifact_file_missing" } });
  expect(await download(api, "unknown")).toMatchObject({ status: 404, json: { code: "artifact_not_found" } });
});

test("a claimed folder counts once it lies in an approved one, and a lax setting serves approved folders with a warning", async () => {
  const api = await startApi();
  const shelf = join(api.folder, "shelf");
  const claimed = await seedArtifact(api, { path: join(shelf, "a.txt"), metadata: { workdir: shelf } });
  const foreign = await seedArtifact(api, { path: join(shelf, "b.txt"), metadata: { workdir: "/elsewhere" } });
  const sibling = await seedArtifact(api, { path: join(api.folder, "shelf-2", "c.txt") });

  api.settings.approvedFolders = [shelf];
  expect(await download(api, claimed)).toMatchObject({ status: 200, text: TEXT });
  expect(await download(api, foreign)).toMatchObject({ status: 403 });

  api.settings.artifactValidateStrict = false;
  const served = await download(api, foreign);
  expect(served).toMatchObject({ status: 200, text: TEXT });
  expect(served.headers["x-workflows-warning"]).toContain("outside the folders of this run");
  expect(await download(api, sibling)).toMatchObject({ status: 403, json: { code: "path_outside_scope" } });
});

test("a file that was changed after the run is not passed off as what the run made", async () => {
  const api = await startApi();
  const path = inStore(api, "report");
  const checksum = createHash("sha256").update(TEXT).digest("hex");
  const id = await seedArtifact(api, { path, checksum });
  expect(await download(api, id)).toMatchObject({ status: 200, headers: { etag: `"${checksum}"` } });

  await rm(path);
  await writeFile(path, `${TEXT.slice(0, -1)}!`);
  expect(await download(api, id)).toMatchObject({ status: 409, json: { code: "checksum_mismatch" } });
  api.settings.artifactValidateStrict = false;
  expect((await download(api, id)).headers["x-workflows-warning"]).toContain("changed");
});

test("size and type limits are those of this moment", async () => {
  const api = await startApi();
  const id = await seedArtifact(api, { path: inStore(api, "song"), mimeType: "audio/ogg" });
  api.settings.artifactMaxDownloadBytes = 35;
  expect(await download(api, id)).toMatchObject({ status: 413, json: { code: "artifact_too_large" } });
  api.settings.artifactMaxDownloadBytes = 36;
  api.settings.artifactAllowedMime = ["text/plain"];
  expect(await download(api, id)).toMatchObject({ status: 415, json: { code: "mime_not_allowed" } });
  api.settings.artifactAllowedMime = ["audio/*"];
  expect(await download(api, id)).toMatchObject({ status: 200 });
});

test("the list says whether each file is still there", async () => {
  const api = await startApi();
  await seedArtifact(api, { path: inStore(api, "here") });
  await seedArtifact(api, { path: inStore(api, "gone"), content: null });
  const { json } = await api.ask(`${PREFIX}/runs/r/artifacts`);
  expect(json.map((entry: { exists: boolean }) => entry.exists)).toEqual([true, false]);
});

test("a ticket opens one address for reading, and nothing else", async () => {
  const api = await startApi();
  const id = await seedArtifact(api, { path: inStore(api, "picture") });
  const path = `${PREFIX}/artifacts/${id}/download?inline=1`;
  const { status, json } = await api.post("/api/v1/tickets", { path });
  expect(status).toBe(200);
  const anonymous = true;
  expect(await api.ask(json.url, { anonymous })).toMatchObject({ status: 200, text: TEXT });
  expect(await api.ask(json.url, { anonymous, headers: { range: "bytes=-2" } })).toMatchObject({ text: "yz" });

  const ticket = new URL(json.url, api.url).searchParams.get("ticket");
  for (const other of [`${PREFIX}/runs?ticket=${ticket}`, `${json.url}x`, `${path}&ticket=`]) {
    expect(await api.ask(other, { anonymous })).toMatchObject({ status: 404, json: { code: "ticket_expired" } });
  }
  expect(await api.ask(json.url, { anonymous, method: "POST" })).toMatchObject({ status: 401 });
  expect(await api.ask(json.url, { anonymous, headers: { origin: "http://evil.test" } })).toMatchObject({
    status: 403,
  });
  expect(json.url).not.toContain(TOKEN);
});

test("a ticket is worth nothing after a minute", () => {
  let now = 1_000;
  const tickets = createTickets({ now: () => now, monotonic: () => now, after: () => () => undefined });
  const { url, expiresAt } = tickets.issue("/api/v1/x");
  expect(expiresAt).toBe(now + TICKET_LIFE_MS);
  now = expiresAt - 1;
  expect(tickets.opens(url)).toBe(true);
  now = expiresAt;
  expect(tickets.opens(url)).toBe(false);
});
