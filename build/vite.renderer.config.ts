/** Builds the page: `renderer/` into `dist/renderer/`. No engine code, no shell code. */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("../renderer"),
  base: "/",
  plugins: [react()],
  build: {
    outDir: at("../dist/renderer"),
    emptyOutDir: true,
    sourcemap: false,
    // The content security policy allows neither inline scripts nor data: fonts and scripts.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    target: "es2024",
    chunkSizeWarningLimit: 1200,
  },
});
