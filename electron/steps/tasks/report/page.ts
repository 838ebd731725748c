/** A report as one self-contained HTML file: no scripts, nothing fetched, light and dark by the reader's own setting. */
import { escapeHtml } from "./escape.ts";

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6570; --paper: #ffffff; --ground: #f4f5f7; --line: #dfe3e8; --accent: #2f6fde; --tint: #eef3fd; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --soft: #9aa5b1; --paper: #1b1f25; --ground: #12151a; --line: #2d343d; --accent: #6fa0ff; --tint: #202a3a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 860px; margin: 32px auto; padding: 40px 48px 48px; background: var(--paper); border: 1px solid var(--line); border-radius: 14px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3em; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; margin: 2em 0 .6em; padding-top: 1.1em; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.6em 0 .4em; }
p, ul, ol { margin: .6em 0; }
h1 + p { color: var(--soft); margin-top: 0; }
a { color: var(--accent); }
code { font: .88em ui-monospace, SFMono-Regular, Consolas, monospace; background: var(--ground); padding: .1em .35em; border-radius: 5px; overflow-wrap: anywhere; }
pre { background: var(--ground); padding: 14px 16px; border-radius: 9px; overflow: auto; }
pre code { padding: 0; background: none; white-space: pre-wrap; }
li:has(> input[type=checkbox]) { list-style: none; margin-left: -1.35em; }
blockquote { margin: 1em 0; padding: .2em 1em; border-left: 3px solid var(--accent); background: var(--tint); border-radius: 0 8px 8px 0; }
.table { overflow-x: auto; margin: 1em 0; }
table { border-collapse: collapse; width: 100%; font-size: .94rem; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 600; font-size: .82rem; }
th[align=right], td[align=right] { text-align: right; }
th, td { padding: 8px 10px; border-bottom: 1px solid var(--line); }
tbody tr:hover { background: var(--tint); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 1.4em 0; }
.figures div { border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
.figures dt { color: var(--soft); font-size: .82rem; }
.figures dd { margin: 0; font-size: 1.45rem; font-weight: 650; letter-spacing: -.01em; overflow-wrap: anywhere; }
.chart { display: block; width: 100%; height: auto; overflow: visible; margin: 1em 0; font: 12.5px system-ui, -apple-system, "Segoe UI", sans-serif; }
.chart .bar { fill: var(--accent); }
.chart .label { fill: var(--soft); }
.chart .value { fill: var(--ink); font-variant-numeric: tabular-nums; }
.chart .axis { stroke: var(--line); }
.empty { color: var(--soft); }
@media (max-width: 640px) { main { margin: 0; border: 0; border-radius: 0; padding: 24px 20px; } }
@media print { body { background: none; } main { border: 0; margin: 0; padding: 0; max-width: none; } }
`;

/** `body` is HTML that is already safe; `title` is plain text. */
export const reportPage = (title: string, body: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}</main>
</body>
</html>
`;
