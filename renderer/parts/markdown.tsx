/**
 * Markdown as it is meant to be read. React nodes are built from the reader's tokens and from nothing else: HTML inside
 * the text stays text, links lead only where a link may lead, and pictures from elsewhere are named, not fetched.
 */
import { lexer, type MarkedToken, type Token, type Tokens } from "marked";
import { Fragment, type ReactNode } from "react";
import "./markdown.css";

export function Markdown({ text }: { text: string }) {
  return <div className="markdown">{nodes(lexer(text))}</div>;
}

/** The tokens of one text never change places, so their position is a good key. */
const nodes = (tokens: readonly Token[] | undefined): ReactNode[] =>
  (tokens ?? []).map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: see above
    <Fragment key={index}>{node(token as MarkedToken)}</Fragment>
  ));

function node(token: MarkedToken): ReactNode {
  switch (token.type) {
    case "heading":
      return <Heading depth={token.depth}>{nodes(token.tokens)}</Heading>;
    case "paragraph":
      return <p>{nodes(token.tokens)}</p>;
    case "text":
      return "tokens" in token && token.tokens ? nodes(token.tokens) : plain(token.text);
    case "escape":
      return token.text;
    case "strong":
      return <strong>{nodes(token.tokens)}</strong>;
    case "em":
      return <em>{nodes(token.tokens)}</em>;
    case "del":
      return <del>{nodes(token.tokens)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "code":
      return DRAWN.test(token.lang ?? "") ? <Points text={token.text} /> : <pre>{token.text}</pre>;
    case "blockquote":
      return <blockquote>{nodes(token.tokens)}</blockquote>;
    case "list":
      return <List list={token} />;
    case "table":
      return <Table table={token} />;
    case "link":
      return <Anchor href={token.href}>{nodes(token.tokens)}</Anchor>;
    case "image":
      return <span className="markdown-image">{token.text || token.href}</span>;
    case "hr":
      return <hr />;
    case "br":
      return <br />;
    case "html":
      return token.text;
    case "checkbox":
      return <input type="checkbox" checked={token.checked} readOnly disabled aria-label="Task" />;
    case "space":
    case "def":
    case "list_item":
      return null;
  }
}

/** The page has its own headings above; those of a file begin below them. */
function Heading({ depth, children }: { depth: number; children: ReactNode }) {
  const Tag = (["h2", "h3", "h4", "h5", "h6"] as const)[Math.min(depth, 5) - 1] ?? "h6";
  return <Tag>{children}</Tag>;
}

function List({ list }: { list: Tokens.List }) {
  const items = list.items.map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: items of one text never change places
    <li key={index} data-task={item.task || undefined}>
      {nodes(item.tokens)}
    </li>
  ));
  return list.ordered ? <ol start={list.start || 1}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ table }: { table: Tokens.Table }) {
  const cells = (row: Tokens.TableCell[], kind: "th" | "td"): ReactNode[] =>
    row.map((cell, index) => {
      // A head without words is no head to those who listen.
      const Tag = cell.text === "" ? "td" : kind;
      return (
        // biome-ignore lint/suspicious/noArrayIndexKey: columns of one table never change places
        <Tag key={index} style={{ textAlign: cell.align ?? undefined }}>
          {nodes(cell.tokens)}
        </Tag>
      );
    });
  return (
    <table>
      <thead>
        <tr>{cells(table.header, "th")}</tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of one table never change places
          <tr key={index}>{cells(row, "td")}</tr>
        ))}
      </tbody>
    </table>
  );
}

/** Blocks that a page made from this text draws as charts: here their labels and figures are enough. */
const DRAWN = /^(figures|bars|columns)$/;

function Points({ text }: { text: string }) {
  const rows = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  return (
    <table>
      <tbody>
        {rows.map((cells, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of one block never change places
          <tr key={index}>
            <td>{cells[0]}</td>
            <td className="markdown-figure">{cells.at(-1)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Anchor({ href, children }: { href: string; children: ReactNode }) {
  if (!isSafeLink(href)) return <span title={href}>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}

/** Only what leaves for the web or a mail program; a relative link has no meaning inside an artifact. */
export const isSafeLink = (href: string): boolean => /^(https?:\/\/|mailto:)/i.test(href);

const ENTITIES: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#39;": "'" };
/** Entities that people write in Markdown because HTML would ask for them. */
const plain = (text: string): string => text.replace(/&(lt|gt|amp|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
