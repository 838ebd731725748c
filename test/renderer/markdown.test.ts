/** Stories of Markdown from an artifact: it reads well, and it can bring nothing into the page. */
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { isSafeLink, Markdown } from "../../renderer/parts/markdown.tsx";

const html = (text: string): string => renderToStaticMarkup(createElement(Markdown, { text }));

test("headings, lists, tables, code and links", () => {
  const out = html(
    [
      "# Report",
      "",
      "Some **bold** & `code`.",
      "",
      "- [x] done",
      "- [ ] open",
      "",
      "| a | b |",
      "|---|--:|",
      "| 1 | 2 |",
    ].join("\n"),
  );
  expect(out).toContain("<h2>Report</h2>");
  expect(out).toContain("<strong>bold</strong> &amp; <code>code</code>");
  expect(out).toContain('<li data-task="true">');
  expect(out).toContain('<td style="text-align:right">2</td>');
  expect(html("[site](https://example.org)")).toContain('href="https://example.org"');
});

test("what a page would draw is a table of its figures", () => {
  const out = html("```bars\nNorth | 108948.73 | 108,949\n```");
  expect(out).toContain("<td>North</td>");
  expect(out).toContain(">108,949</td>");
  expect(out).not.toContain("108948.73");
});

test("raw HTML stays text, and a link can run nothing", () => {
  const out = html('<script>alert(1)</script>\n\n<img src=x onerror="alert(2)"> and [me](javascript:alert(3))');
  expect(out).not.toMatch(/<script|<img|href=/);
  expect(out).toContain("&lt;script&gt;");
  expect(html("![a cat](https://example.org/cat.png)")).not.toContain("<img");
});

test("only the web and mail are worth a link", () => {
  const addresses = [
    "https://a.b",
    "HTTP://a.b",
    "mailto:a@b",
    "javascript:1",
    " javascript:1",
    "data:text/html,x",
    "/api",
    "file:///etc",
  ];
  expect(addresses.filter(isSafeLink)).toEqual(["https://a.b", "HTTP://a.b", "mailto:a@b"]);
});
