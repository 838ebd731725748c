/** The house rules that a compiler does not know: who may import whom, and where SQL, the environment and clocks are. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");

/** From the ground up. Those of one line do not import each other. */
const FLOORS = [
  ["shared"],
  ["lib"],
  ["store"],
  ["net"],
  ["steps"],
  ["templates"],
  ["engine"],
  ["delivery", "schedule"],
  ["operations", "sync"],
  ["api"],
  ["host"],
  ["shell"],
  ["headless.ts", "cli.ts", "desktop.ts"],
];
const floorOf = (part: string): number => FLOORS.findIndex((parts) => parts.includes(part));

interface Source {
  path: string;
  text: string;
  /** `store` for `electron/store/open.ts`, `shared`, `renderer`. */
  part: string;
  imports: string[];
}

const partOf = (path: string): string => {
  const [top = "", second = ""] = path.split("/");
  return top === "electron" ? second : top;
};

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g;
const sources = globSync("{shared,electron,renderer}/**/*.{ts,tsx}", { cwd: ROOT }).map((path): Source => {
  const text = readFileSync(join(ROOT, path), "utf8");
  const named = [...text.matchAll(IMPORT)].map(([, name = ""]) => name);
  const imports = named.map((name) => (name.startsWith(".") ? relative(ROOT, join(ROOT, dirname(path), name)) : name));
  return { path, text, part: partOf(path), imports };
});

const within = (path: string, places: readonly string[]): boolean => places.some((place) => path.startsWith(place));
/** Code without comments: a rule may be spoken of anywhere. */
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/g, "");
const filesWith = (pattern: RegExp, allowed: readonly string[]): string[] =>
  sources.filter(({ path, text }) => !within(path, allowed) && pattern.test(code(text))).map(({ path }) => path);

test("there is something to judge", () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(
    sources.flatMap(({ imports }) => imports).filter((name) => name.startsWith("electron/")).length,
  ).toBeGreaterThan(300);
});

test("imports point down, never up or aside", () => {
  const wrong = sources.flatMap(({ path, part, imports }) => {
    if (part === "renderer" || part === "preload.ts") return [];
    const outside = imports.filter((name) => /^(shared|electron|renderer)\//.test(name) && partOf(name) !== part);
    return outside
      .filter((name) => floorOf(partOf(name)) < 0 || floorOf(partOf(name)) >= floorOf(part))
      .map((name) => `${path} -> ${name}`);
  });
  expect(wrong).toEqual([]);
});

test("every part of the house has its floor", () => {
  const parts = new Set(sources.map(({ part }) => part).filter((part) => part !== "renderer" && part !== "preload.ts"));
  expect([...parts].filter((part) => floorOf(part) < 0)).toEqual([]);
});

test("shared imports nothing but itself and zod, and the renderer nothing of the house but shared", () => {
  const wrong = sources.flatMap(({ path, part, imports }) =>
    imports
      .filter(
        (name) =>
          (part === "shared" && !name.startsWith("shared/") && name !== "zod") ||
          (part === "renderer" && (name.startsWith("electron/") || name.startsWith("node:"))),
      )
      .map((name) => `${path} -> ${name}`),
  );
  expect(wrong).toEqual([]);
});

test("only the shell knows Electron", () => {
  const shell = ["electron/desktop.ts", "electron/preload.ts", "electron/shell/"];
  const wrong = sources.filter(
    ({ path, imports }) =>
      !within(path, shell) && imports.some((name) => /^electron($|\/main)/.test(name) && !name.endsWith(".ts")),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test("only the store and sync hold SQL and open databases", () => {
  const homes = ["electron/store/", "electron/sync/"];
  const wrong = sources.filter(
    ({ path, imports }) =>
      !within(path, homes) && imports.some((name) => /^(better-sqlite3|node:sqlite|pg)$/.test(name)),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
  expect(
    filesWith(/\.pragma\(|\.prepare\(|\b(?:SELECT .+ FROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET) /, [
      ...homes,
      ...SPEAK_OF_SQL,
    ]),
  ).toEqual([]);
});
/** Steps whose examples and refusals show SQL of a person's own; what runs it is in the store. */
const SPEAK_OF_SQL = ["electron/steps/sqlite-query.ts", "renderer/"];

test("only the entries read the environment", () => {
  const entries = [
    // Where settings come from, and the programs that hand it over.
    "electron/host/config.ts",
    "electron/headless.ts",
    "electron/cli.ts",
    "electron/desktop.ts",
    // Whether the desktop has a display, a proxy or a keyring is Electron's own affair.
    "electron/shell/",
    // A command that a person wrote gets the environment of this machine, without our own variables.
    "electron/steps/child-environment.ts",
  ];
  expect(filesWith(/\bprocess\.env\b/, entries)).toEqual([]);
});

test("time is passed in: one clock reads it", () => {
  const clocks = [
    "electron/lib/clock.ts",
    // Measures how long the loop was held up, before there is an engine to have a clock.
    "electron/headless.ts",
    // The page shows how long ago things were.
    "renderer/",
    // The shell is judged by real time: it stands outside of the engine.
    "electron/shell/",
    "electron/desktop.ts",
  ];
  expect(filesWith(/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, clocks)).toEqual([]);
});
