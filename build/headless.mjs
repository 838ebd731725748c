// @ts-check
/** `npm run headless`: bring `dist/` up to date, then be the headless host. stdout stays the host's own. */
import { spawnSync } from "node:child_process";
import { whenNpmEnds } from "./npm-parent.mjs";

const script = `${import.meta.dirname}/build.mjs`;
const { status } = spawnSync(process.execPath, [script, "--if-stale"], {
  stdio: ["ignore", process.stderr, process.stderr],
});
if (status !== 0) process.exit(status ?? 1);
whenNpmEnds(() => process.kill(process.pid, "SIGTERM"));
await import(new URL("../dist/electron/headless.js", import.meta.url).href);
