/**
 * The window's two bundles, into `dist/electron/`: `desktop.js`, the main process, and `preload.cjs`, which must be one
 * CommonJS file because a sandboxed preload cannot be a module. Electron itself is given by the program that runs them.
 */
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const root = join(import.meta.dirname, "..");

export default defineConfig({
  root,
  publicDir: false,
  logLevel: "warn",
  plugins: [preload()],
  ssr: { noExternal: true, external: ["electron", "better-sqlite3"], target: "node" },
  build: {
    ssr: true,
    target: "node24",
    outDir: "dist/electron",
    // The engine's bundles land in the same folder, perhaps at the same time.
    emptyOutDir: false,
    minify: false,
    rolldownOptions: {
      input: { desktop: join(root, "electron/desktop.ts") },
      output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "chunk-desktop-[name]-[hash].js" },
    },
  },
});

/** The second bundle has another format, which one build cannot give, so it is built when the first is written. */
function preload(): Plugin {
  return {
    name: "preload",
    async closeBundle() {
      const { build } = await import("vite");
      await build({
        root,
        configFile: false,
        publicDir: false,
        logLevel: "warn",
        ssr: { noExternal: true, external: ["electron"], target: "node" },
        build: {
          ssr: true,
          target: "node24",
          outDir: "dist/electron",
          emptyOutDir: false,
          minify: false,
          rolldownOptions: {
            input: { preload: join(root, "electron/preload.ts") },
            output: { format: "cjs", entryFileNames: "[name].cjs" },
          },
        },
      });
    },
  };
}
