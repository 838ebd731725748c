/**
 * How tests are run. Two groups, so that a small machine stays usable: tests within one process share two workers;
 * those that start hosts, browsers or desktop apps of their own come after, one file at a time.
 * `test/bench` and `test/faults` take minutes and are asked for by name.
 */
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const WITH_PROCESSES = ["host/headless", "stories", "runbook", "conformance", "browser", "desktop"].map(inFolder);
const ON_REQUEST = ["bench", "faults"].map(inFolder);

const BUILD_FIRST = ["test/support/build-once.ts"];

/** Real sockets, files and browsers on a busy machine; nothing here measures speed. */
const TIMEOUT_MS = 30_000;

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/summary-reporter.ts"],
    projects: [
      project("in-process", {
        include: ["test/**/*.test.ts"],
        exclude: [...WITH_PROCESSES, ...ON_REQUEST],
        maxWorkers: 2,
      }),
      project("processes", { include: WITH_PROCESSES, maxWorkers: 1, globalSetup: BUILD_FIRST }),
      project("faults", {
        include: [inFolder("faults")],
        maxWorkers: 1,
        globalSetup: BUILD_FIRST,
        testTimeout: 30 * 60_000,
      }),
    ],
  },
});

/** Groups with different numbers of workers run one after another, in the order of their names' appearance above. */
function project(name: string, options: TestProjectInlineConfiguration["test"]): TestProjectInlineConfiguration {
  const groupOrder = ["in-process", "processes", "faults"].indexOf(name);
  return { test: { name, testTimeout: TIMEOUT_MS, hookTimeout: TIMEOUT_MS, sequence: { groupOrder }, ...options } };
}

function inFolder(folder: string): string {
  return `test/${folder}/**/*.test.ts`;
}
