/** What is generated from the code stands in the documents as the code would make it now. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { GENERATED } from "../../build/make-docs.ts";

test.each(GENERATED.map(({ path, make }) => ({ name: basename(path), path, make })))(
  "$name is fresh; npm run docs makes it anew",
  ({ path, make }) => {
    expect(readFileSync(path, "utf8")).toBe(make());
  },
);
