// @ts-check
/**
 * `npm run dev`: the headless host from the sources, started anew when they change, and the page from Vite with hot
 * reload. Needs Node 24, which runs the sources as they are. What ships is built by `build.mjs`; nothing here is.
 *   node build/dev.mjs [--data-dir DIR] [--safe-mode]
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createServer as createSocket } from "node:net";
import { join } from "node:path";
import { createServer } from "vite";
import { whenNpmEnds } from "./npm-parent.mjs";

const root = join(import.meta.dirname, "..");
const WATCHED = ["electron", "shared"];

// Both stay the same over restarts of the host, so that an open page goes on working.
const token = process.env.WORKFLOWS_API_TOKEN ?? randomBytes(32).toString("base64url");
const port = await freePort();
const api = `http://127.0.0.1:${port}`;

const page = await createServer({
  configFile: join(root, "build/vite.renderer.config.ts"),
  server: {
    host: "127.0.0.1",
    proxy: { "/api": throughTo(api), "/healthz": throughTo(api), "/readyz": throughTo(api) },
  },
});
await page.listen();

const watch = WATCHED.map((folder) => `--watch-path=${join(root, folder)}`);
const args = [...watch, join(root, "electron/headless.ts"), "--port", String(port), ...process.argv.slice(2)];
const env = { ...process.env, WORKFLOWS_API_TOKEN: token };
const host = spawn(process.execPath, args, { stdio: "inherit", env });
host.once("exit", (code) => process.exit(code ?? 1));
console.log(`The page with hot reload: ${page.resolvedUrls?.local[0]}#token=${token}`);

process.on("SIGINT", () => host.kill("SIGINT"));
process.on("SIGTERM", () => host.kill("SIGTERM"));
whenNpmEnds(() => host.kill("SIGTERM"));

/**
 * The API knows one origin, its own; the page's is another while developing.
 * @param {string} target
 * @returns {import("vite").ProxyOptions}
 */
function throughTo(target) {
  return {
    target,
    changeOrigin: true,
    configure: (proxy) => {
      proxy.on("proxyReq", (request) => {
        if (request.hasHeader("origin")) request.setHeader("origin", target);
      });
    },
  };
}

/** @returns {Promise<number>} */
function freePort() {
  const socket = createSocket();
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.listen(0, "127.0.0.1", () => {
      const address = socket.address();
      socket.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
