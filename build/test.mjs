// @ts-check
/**
 * `npm test`: types, then lint, then every test; stops at the first that fails and prints how long each took.
 *   node build/test.mjs [what vitest takes: files, --project …]
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const PROJECTS = ["shared", "electron", "electron/tsconfig.shell.json", "renderer", "test"];
const bin = (/** @type {string} */ path) => join(root, "node_modules", path);

for (const project of PROJECTS) part(`types of ${project}`, bin("typescript/bin/tsc"), ["-p", project]);
part("lint", bin("@biomejs/biome/bin/biome"), ["check", "--error-on-warnings"]);
// Last, so that its summary is the last line.
part("tests", bin("vitest/vitest.mjs"), ["run", "--project=!faults", ...process.argv.slice(2)]);

/**
 * @param {string} title
 * @param {string} script
 * @param {string[]} args
 */
function part(title, script, args) {
  const startedAt = Date.now();
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) {
    console.error(`${title}: failed`);
    process.exit(status ?? 1);
  }
  if (title !== "tests") console.log(`${title}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}
