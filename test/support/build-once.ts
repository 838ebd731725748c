/** Before the first test: bring `dist/` up to date, so that stories can start what is shipped. Builds nothing twice. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export function setup(): void {
  const script = join(import.meta.dirname, "../../build/build.mjs");
  execFileSync(process.execPath, [script, "--if-stale"], { stdio: "inherit" });
}
