/** Stories of CSV: what was written comes back, whatever is in the cells. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCsv } from "../../renderer/run/csv.ts";

test("quotes, doubled quotes, commas and line breaks inside a cell", () => {
  expect(parseCsv('name,says\r\n"Ada, Countess","""Hello""\nthere"\n')).toEqual([
    ["name", "says"],
    ["Ada, Countess", '"Hello"\nthere'],
  ]);
});

test("a mark at the beginning is dropped, empty cells stay, a missing last line break is no matter", () => {
  expect(parseCsv("\ufeffa,,c")).toEqual([["a", "", "c"]]);
  expect(parseCsv("")).toEqual([]);
});

test("whatever is quoted comes back as it was", () => {
  const cell = fc.string().filter((text) => !text.startsWith("\ufeff"));
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(table, (rows) => {
      const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
      const text = rows.map((row) => row.map(quoted).join(",")).join("\n");
      expect(parseCsv(`${text}\n`)).toEqual(rows);
    }),
  );
});
