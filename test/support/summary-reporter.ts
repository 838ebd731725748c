/** The end of a test run: the time of each suite (a folder of `test/`), and one plain line that a script can read. */
import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

interface Suite {
  files: number;
  ms: number;
}

// A reporter named by path is found by its default export.
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const suites = new Map<string, Suite>();
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      const folder = relative("test", module.relativeModuleId.replace(/\/[^/]*$/, "")) || "test";
      const suite = suites.get(folder) ?? { files: 0, ms: 0 };
      suites.set(folder, { files: suite.files + 1, ms: suite.ms + module.diagnostic().duration });
      // A file that could not be loaded holds no tests, and must not pass for that.
      count.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === "passed" || state === "failed") count[state] += 1;
        else count.skipped += 1;
      }
    }
    // The default reporter writes its own summary in this same turn; ours is to be the last line.
    process.once("exit", () => print(suites, count));
  }
}

function print(
  suites: Map<string, Suite>,
  { passed, failed, skipped }: Record<"passed" | "failed" | "skipped", number>,
): void {
  for (const [folder, { files, ms }] of [...suites].sort()) {
    console.log(`  ${folder.padEnd(12)} ${files} file${files === 1 ? "" : "s"}, ${(ms / 1000).toFixed(1)} s`);
  }
  console.log(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
}
