/**
 * Markdown to HTML that is safe to show: raw HTML is shown as text, links go only to web, mail or places on the page.
 * Three kinds of fenced block become pictures in a page: `bars`, `columns` and `figures` (see charts.ts).
 */
import { Marked, type Tokens } from "marked";
import { drawBlock } from "./charts.ts";
import { escapeHtml } from "./escape.ts";
import { reportPage } from "./page.ts";

export interface MarkdownInput {
  markdown: string;
  /** A complete, styled document with this title; else only the fragment. */
  page: { title: string } | null;
}

const SAFE_LINK = /^(https?:\/\/|mailto:|#|\/(?!\/)|\.{1,2}\/|[\w-][^:&]*$)/i;
const SAFE_IMAGE = /^(https?:|data:image\/(png|jpeg|gif|webp);)/i;

export async function renderMarkdown({ markdown, page }: MarkdownInput): Promise<string> {
  const html = await renderer.parse(markdown);
  return page ? reportPage(page.title, html) : html;
}

const renderer = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escapeHtml(text),
    code: ({ text, lang }: Tokens.Code) =>
      drawBlock(lang ?? "", text) ?? `<pre><code${languageClass(lang)}>${escapeHtml(text)}</code></pre>\n`,
    link({ href, title, tokens }: Tokens.Link) {
      const text = this.parser.parseInline(tokens);
      return SAFE_LINK.test(href) ? `<a href="${escapeHtml(href)}"${titled(title)}>${text}</a>` : text;
    },
    image: ({ href, title, text }: Tokens.Image) =>
      SAFE_IMAGE.test(href)
        ? `<img src="${escapeHtml(href)}" alt="${escapeHtml(text)}"${titled(title)}>`
        : escapeHtml(text),
    // Wide tables scroll inside their own box, not the page.
    table(token: Tokens.Table) {
      const row = (cells: Tokens.TableCell[]) =>
        `<tr>${cells.map((cell) => tableCell(cell, this.parser.parseInline(cell.tokens))).join("")}</tr>\n`;
      return `<div class="table"><table><thead>${row(token.header)}</thead><tbody>${token.rows.map(row).join("")}</tbody></table></div>\n`;
    },
  },
});

const languageClass = (lang: string | undefined): string => (lang ? ` class="language-${escapeHtml(lang)}"` : "");
const titled = (title: string | null | undefined): string => (title ? ` title="${escapeHtml(title)}"` : "");

function tableCell({ header, align }: Tokens.TableCell, html: string): string {
  const tag = header ? "th" : "td";
  return `<${tag}${align ? ` align="${align}"` : ""}>${html}</${tag}>`;
}
