/** xml_transform: which paths it understands, what it makes of elements, and what it refuses. */
import { expect, test } from "vitest";
import { stepBench } from "../support/step-context.ts";

const bench = await stepBench();

const SHOP = `<?xml version="1.0"?>
<shop open="9 &lt; 17">
  <shelf id="a"><book lang="en">Dune</book><book lang="de">Momo &amp; &#x41;&unknown;</book></shelf>
  <shelf id="b"><box><book lang="en"><![CDATA[<1984>]]></book></box><book>Emma</book></shelf>
  <note>closed <b>today</b></note>
</shop>`;

async function select(xpath: string, xml = SHOP) {
  const result = await bench.run("xml_transform", { xml, xpath });
  return result.status === "ok" ? result.outputs.results : result;
}

test.each([
  ["/shop/shelf/book/text()", ["Dune", "Momo & A&unknown;", "Emma"]],
  ["//book/text()", ["Dune", "Momo & A&unknown;", "<1984>", "Emma"]],
  ["//book[@lang='en']/text()", ["Dune", "<1984>"]],
  ["//book[@lang!='en']/@lang", ["de"]],
  ["shelf/book[1]/text()", ["Dune", "Emma"]],
  ["shelf[last()]/book", ["Emma"]],
  ["shelf[2]/@id", ["b"]],
  ["//shelf[box]/@id", ["b"]],
  ["//shelf[book='Dune'][@id]/@id", ["a"]],
  ["//*[text()='today']", ["today"]],
  [".//box/*/@*", ["en"]],
  ["//nothing", []],
  ["note", [{ b: "today", "#text": "closed" }]],
  [
    'shelf[@id="a"]',
    [
      {
        "@id": "a",
        book: [
          { "@lang": "en", "#text": "Dune" },
          { "@lang": "de", "#text": "Momo & A&unknown;" },
        ],
      },
    ],
  ],
])("%s", async (xpath, expected) => {
  expect(await select(xpath)).toEqual(expected);
});

test("without a path the whole document is the one result", async () => {
  expect(await bench.run("xml_transform", { data: '<a k="1"><b/></a>' })).toEqual({
    status: "ok",
    outputs: { results: [{ a: { "@k": "1", b: "" } }], count: 1 },
  });
  expect(await bench.run("xml_transform", { query: "/a" }, { last: { text: "<a>x</a>" } })).toMatchObject({
    outputs: { results: ["x"] },
  });
});

test.each(["//a[", "//a[contains(., 'x')]", "..", "/", "a/text()/b", "a b", "//", "a|b"])(
  "the path %s is refused with a hint",
  async (xpath) => {
    expect(await select(xpath)).toMatchObject({ failure: { code: "expression_error", hint: expect.any(String) } });
  },
);

test.each([
  ["no XML", "hello"],
  ["nothing", ""],
  ["an element that does not end", "<a><b></a>"],
  ["two outermost elements", "<a/><b/>"],
  ["entities of its own", '<!DOCTYPE a [<!ENTITY x "boom">]><a>&x;</a>'],
  ["an entity from a file", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
])("%s is refused", async (_, xml) => {
  expect(await select("/a", xml)).toMatchObject({ failure: { code: "xml_invalid" } });
});

test("a document type by name only is let through, and nothing is fetched for it", async () => {
  expect(await select("/a", '<!DOCTYPE a PUBLIC "-//x" "http://127.0.0.1:1/a.dtd"><a>x</a>')).toEqual(["x"]);
});

test("names that mean something to JavaScript are only names, or refused", async () => {
  expect(await select("/a", "<a><toString>x</toString><length>2</length></a>")).toEqual([
    { toString: "x", length: "2" },
  ]);
  expect(await select("/a", "<a><__proto__><admin>1</admin></__proto__></a>")).toMatchObject({ status: "failed" });
});

test("no XML at all is said", async () => {
  expect(await bench.run("xml_transform", {})).toMatchObject({ failure: { code: "missing_xml" } });
});
