/** The page and its files, for browsers. They hold no data, so they need no token; nothing outside the folder is served. */
import { randomBytes } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { extname, join } from "node:path";
import { isInside } from "./containment.ts";
import { pageCsp } from "./page-policy.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Built files carry a hash of their content in their name, so they never change under it. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

const NO_PAGE = `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <title>Workflows</title>
  <p>This host was started without its page. The API is at <code>/api/v1</code>.</p>
</html>
`;

export interface StaticRequest {
  /** Decoded, without query; dot segments were refused before. */
  path: string;
  accept: string;
}

/** `folder` is null where no page was built. Resolves to null when nothing here answers the request. */
export function createStatic(folder: string | null) {
  return async ({ path, accept }: StaticRequest): Promise<Response | null> => {
    const file = folder === null || path === "/" || path === "/index.html" ? null : await readInside(folder, path);
    if (file) return new Response(file, { headers: headersOf(path) });
    if (!accept.includes("text/html")) return null;
    return page(folder === null ? NO_PAGE : await readFile(join(folder, "index.html"), "utf8"));
  };
}

/** An HTML answer of our own. Every `__CSP_NONCE__` in it becomes this answer's nonce. */
export function page(html: string): Response {
  const nonce = randomBytes(16).toString("base64url");
  return new Response(html.replaceAll("__CSP_NONCE__", nonce), {
    headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": pageCsp(nonce) },
  });
}

const headersOf = (path: string): Record<string, string> => ({
  "Content-Type": TYPES[extname(path).toLowerCase()] ?? "application/octet-stream",
  "Cache-Control": HASHED.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
});

async function readInside(folder: string, path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const [root, file] = await Promise.all([realpath(folder), realpath(join(folder, path))]);
    return isInside(file, root) ? new Uint8Array(await readFile(file)) : null;
  } catch {
    // Not there, or a folder: the page's own router may know the path.
    return null;
  }
}
