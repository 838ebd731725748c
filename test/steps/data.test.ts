/** The steps that turn one kind of data into another. */
import { expect, test } from "vitest";
import { stepBench } from "../support/step-context.ts";

const bench = await stepBench();
const outputsOf = async (
  type: string,
  config: Record<string, unknown>,
  last: Record<string, unknown> | null = null,
) => {
  const result = await bench.run(type, config, { last });
  return result.status === "ok" ? result.outputs : result;
};

test("csv_to_json keeps values as text unless numbers are asked for", async () => {
  const csv = "n,a,id\nPia,30,007\nIvo,2.5,12345678901234567890";
  expect(await outputsOf("csv_to_json", { csv_data: csv })).toEqual({
    records: [
      { n: "Pia", a: "30", id: "007" },
      { n: "Ivo", a: "2.5", id: "12345678901234567890" },
    ],
    columns: ["n", "a", "id"],
    count: 2,
  });
  expect(await outputsOf("csv_to_json", { data: csv, parse_numbers: true })).toMatchObject({
    records: [
      { a: 30, id: "007" },
      { a: 2.5, id: "12345678901234567890" },
    ],
  });
});

test("csv_to_json takes other delimiters, no header, short rows and doubled names", async () => {
  expect(await outputsOf("csv_to_json", { csv_data: "a;b\n1;2", delimiter: ";" })).toMatchObject({
    records: [{ a: "1", b: "2" }],
  });
  expect(await outputsOf("csv_to_json", { csv_data: "1,2", has_header: false })).toMatchObject({
    records: [{ col_0: "1", col_1: "2" }],
  });
  expect(await outputsOf("csv_to_json", { csv_data: "a,a\n1" })).toMatchObject({ records: [{ a: "1", a_2: "" }] });
  expect(await outputsOf("csv_to_json", { csv_data: 'a\n"open' })).toMatchObject({ failure: { code: "csv_invalid" } });
  expect(await outputsOf("csv_to_json", {})).toMatchObject({ failure: { code: "missing_csv_data" } });
});

test("json_to_csv writes what csv_to_json reads", async () => {
  const records = [
    { n: 'say "hi"', a: 1 },
    { n: "x,y", b: { c: 1 } },
  ];
  const written = await outputsOf("json_to_csv", { records, save_as: { name: "t.csv" } });
  expect(written).toMatchObject({
    csv: 'n,a,b\n"say ""hi""",1,\n"x,y",,"{""c"":1}"\n',
    count: 2,
    columns: ["n", "a", "b"],
  });
  expect(bench.artifacts.at(-1)).toMatchObject({ name: "t.csv", mimeType: "text/csv" });
  expect(
    await outputsOf(
      "json_to_csv",
      {},
      (await outputsOf("csv_to_json", { csv_data: "n,a\nPia,30" })) as Record<string, unknown>,
    ),
  ).toMatchObject({ csv: "n,a\nPia,30\n" });
  expect(await outputsOf("json_to_csv", { records: [{ n: 1 }], include_header: false, delimiter: ";" })).toMatchObject({
    csv: "1\n",
  });
  expect(await outputsOf("json_to_csv", {})).toMatchObject({ failure: { code: "missing_records" } });
});

test("json_transform selects with JSONata, from its data or from the step before", async () => {
  const data = { u: { n: "Pia" }, xs: [7, 8] };
  const result = async (expression: string) =>
    ((await outputsOf("json_transform", { data, expression })) as { result: unknown }).result;
  expect(await result(".")).toEqual(data);
  expect(await result("u.n")).toBe("Pia");
  expect(await result("xs[0]")).toBe(7);
  expect(await result("nothing.here")).toBeNull();
  expect(await outputsOf("json_transform", { query: "n + 1" }, { n: 1 })).toEqual({ result: 2 });
  expect(await outputsOf("json_transform", { data, expression: "u.(" })).toMatchObject({
    failure: { code: "expression_error" },
  });
});

test("json_transform takes braces for what they are in JSONata, not for a template", async () => {
  expect(await outputsOf("json_transform", { data: [1], expression: "$map($, function($x) {{ 'x': $x }})" })).toEqual({
    result: { x: 1 },
  });
});

test("template_render loops and decides, and keeps the text under its name", async () => {
  const template = "{% for x in xs %}{{ x }};{% endfor %}{% if show %}Y{% else %}N{% endif %}";
  expect(
    await outputsOf("template_render", {
      template,
      variables: { xs: ["a", "b"], show: true },
      save_as: { name: "r.md" },
    }),
  ).toMatchObject({ text: "a;b;Y" });
  expect(bench.artifacts.at(-1)).toEqual({ name: "r.md", mimeType: "text/markdown", text: "a;b;Y" });
  expect(await outputsOf("template_render", {})).toMatchObject({ failure: { code: "missing_template" } });
});

test("regex_extract finds all, with groups by number and by name", async () => {
  expect(await outputsOf("regex_extract", { text: "1, 22, 333", pattern: "\\d+" })).toMatchObject({
    count: 3,
    matches: [{ full: "1", start: 0, end: 1 }, { full: "22" }, { full: "333" }],
  });
  expect(await outputsOf("regex_extract", { text: "a=1", pattern: "(?P<key>\\w)=(\\d)(x)?" })).toMatchObject({
    matches: [{ groups: ["a", "1", null], named: { key: "a" } }],
  });
  expect(await outputsOf("regex_extract", { text: "HEY you", pattern: "hey", ignore_case: true })).toMatchObject({
    count: 1,
  });
  expect(await outputsOf("regex_extract", { text: "a\nb", pattern: "^b", multiline: true })).toMatchObject({
    count: 1,
  });
  expect(await outputsOf("regex_extract", { text: "none", pattern: "\\d" })).toMatchObject({ count: 0 });
  expect(await outputsOf("regex_extract", { text: "aaa", pattern: "a", max_matches: 2 })).toMatchObject({
    count: 2,
    truncated: true,
  });
});

test("regex_extract says what is missing or wrong", async () => {
  expect(await outputsOf("regex_extract", { text: "x" })).toMatchObject({ failure: { code: "missing_pattern" } });
  expect(await outputsOf("regex_extract", { pattern: "x" })).toMatchObject({ failure: { code: "missing_text" } });
  expect(await outputsOf("regex_extract", { text: "x", pattern: "(" })).toMatchObject({
    failure: { code: "regex_invalid" },
  });
});

test("markdown_to_html shows raw HTML as text and drops links that could run something", async () => {
  const markdown =
    "# Hi\n\n<script>alert(1)</script>\n\nbefore <img src=x onerror=alert(1)> [bad](javascript:alert(1)) [data](data:text/html,x) [good](https://example.com/?a=1&b=2) ![p](javascript:x)";
  const { html } = (await outputsOf("markdown_to_html", { markdown })) as { html: string };
  expect(html).toContain("<h1>Hi</h1>");
  expect(html).toContain('<a href="https://example.com/?a=1&amp;b=2">good</a>');
  expect(html).not.toMatch(/<script|<img|href="(javascript|data)/);
});

test.each(["java\tscript:alert(1)", "JAVASCRIPT:alert(1)", "&#106;avascript:alert(1)", "vbscript:x", "//evil.test/x"])(
  "a link to %s is only text",
  async (href) => {
    const { html } = (await outputsOf("markdown_to_html", { markdown: `[x](<${href}>)` })) as { html: string };
    expect(html).not.toContain("<a ");
  },
);

test("markdown_to_html makes a finished page and draws its charts", async () => {
  const markdown =
    "```bars\nNorth <b> | 10 | 10 EUR\nSouth | 5\n```\n\n```columns\nJan | 1\n```\n\n```figures\nTotal | 15 EUR\n```\n\n```js\nlet a\n```";
  const { html } = (await outputsOf("markdown_to_html", {
    markdown,
    page: true,
    title: "A & B",
    save_as: { name: "p.html" },
  })) as { html: string };
  expect(html).toContain("<title>A &amp; B</title>");
  expect(html.match(/<svg/g)).toHaveLength(2);
  expect(html).toContain('aria-label="North &lt;b&gt; 10 EUR; South 5"');
  expect(html).toContain("<dt>Total</dt><dd>15 EUR</dd>");
  expect(html).toContain('<code class="language-js">let a</code>');
  expect(html).not.toContain("North <b>");
  expect(bench.artifacts.at(-1)).toMatchObject({ name: "p.html", mimeType: "text/html" });
});

test("json_validate tells all that does not fit, and fails only when told to", async () => {
  const schema = { type: "object", properties: { n: { type: "string" }, a: { type: "integer" } }, required: ["n"] };
  expect(await outputsOf("json_validate", { schema, data: { n: "x", a: 1 } })).toEqual({ valid: true, errors: [] });
  expect(await outputsOf("json_validate", { schema, data: { a: "no" } })).toMatchObject({
    valid: false,
    errors: [{ path: "" }, { path: "/a" }],
  });
  expect(await outputsOf("json_validate", { schema, data: {}, fail_if_invalid: true })).toMatchObject({
    failure: { code: "json_invalid" },
  });
  expect(await outputsOf("json_validate", { data: {} })).toMatchObject({ failure: { code: "missing_schema" } });
  expect(await outputsOf("json_validate", { data: {}, schema: { type: "nonsense" } })).toMatchObject({
    failure: { code: "validation_error" },
  });
});
