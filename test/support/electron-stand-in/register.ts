/**
 * Preloaded into Node with `--import`: whoever imports `electron` gets the stand-in, so that the built bundles run as
 * they are. Nothing else is replaced.
 */
import { registerHooks } from "node:module";

const standIn = new URL("./electron.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "electron" ? { url: standIn, shortCircuit: true } : next(specifier, context),
});

// Real Electron says which it is; the About dialog and the preload read it.
Object.defineProperty(process.versions, "electron", { value: "stand-in", enumerable: true });
Object.defineProperty(process.versions, "chrome", { value: "stand-in", enumerable: true });
