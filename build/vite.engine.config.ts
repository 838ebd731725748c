/**
 * The engine's bundles: one file per thread entry plus shared chunks, side by side in `dist/electron/`. Everything is
 * bundled, as loading hundreds of small files would take most of a start; only better-sqlite3 stays a package, for its
 * native part. The window's bundles and the page have configs of their own.
 */
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const root = join(import.meta.dirname, "..");

export const entries = {
  headless: "electron/headless.ts",
  "engine-thread": "electron/host/engine-thread.ts",
  "reader-thread": "electron/store/threads/reader-thread.ts",
  "maintenance-thread": "electron/store/threads/maintenance-thread.ts",
  "compute-thread": "electron/engine/compute-thread.ts",
};

export default defineConfig({
  root,
  publicDir: false,
  logLevel: "warn",
  plugins: [piscinaWorker(), copyTemplates()],
  // `nice` is optional to piscina, for thread priorities that we do not set, and native as well.
  ssr: { noExternal: true, external: ["better-sqlite3", "@napi-rs/nice"], target: "node" },
  build: {
    ssr: true,
    target: "node22",
    outDir: "dist/electron",
    // The window's bundles land in the same folder, perhaps at the same time.
    emptyOutDir: false,
    minify: false,
    rolldownOptions: {
      input: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(root, path)])),
      output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "chunk-[name]-[hash].js" },
    },
  },
});

/** Piscina starts its threads from a file beside its own code; here that file is an entry beside the bundles. */
function piscinaWorker(): Plugin {
  const place = "(0, node_path_1.resolve)(__dirname, 'worker.js')";
  const worker = join(root, "node_modules/piscina/dist/worker.js");
  return {
    name: "piscina-worker",
    buildStart() {
      this.emitFile({ type: "chunk", id: worker, fileName: "piscina-worker.js" });
    },
    transform(code, id) {
      if (!id.endsWith("/piscina/dist/index.js")) return null;
      if (!code.includes(place)) this.error("piscina no longer starts its worker the way this build expects");
      return code.replace(place, "require('node:url').fileURLToPath(new URL('./piscina-worker.js', import.meta.url))");
    },
  };
}

/** The example workflows and the data that they read. */
function copyTemplates(): Plugin {
  return {
    name: "copy-templates",
    async writeBundle({ dir = "" }) {
      const from = join(root, "electron/templates");
      const files = (await readdir(from)).filter((name) => /\.(json|ya?ml)$/.test(name) || name === "data");
      await Promise.all(files.map((name) => cp(join(from, name), join(dir, "templates", name), { recursive: true })));
    },
  };
}
