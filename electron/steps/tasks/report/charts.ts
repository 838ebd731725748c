/**
 * Small charts for reports, written as a fenced block of `label, value` lines:
 *   ```bars     horizontal bars, largest first or as given: for rankings
 *   ```columns  upright columns in the given order: for time
 *   ```figures  a row of large numbers, `label, anything`
 * All is inline SVG and HTML: no scripts, readable without colour, and each chart has its numbers as text.
 */
import { escapeHtml } from "./escape.ts";

interface Point {
  label: string;
  value: number;
  /** The value as it was written, e.g. `12,400 EUR`. */
  shown: string;
}

/** The picture for a fenced block, or null if it is ordinary code. */
export function drawBlock(language: string, text: string): string | null {
  switch (language.trim()) {
    case "bars":
      return bars(pointsOf(text));
    case "columns":
      return columns(pointsOf(text));
    case "figures":
      return figures(text);
    default:
      return null;
  }
}

const WIDTH = 720;

function bars(points: Point[]): string {
  const rowHeight = 30;
  // About the width of its letters: SVG cannot measure text without a script.
  const labelWidth = Math.min(Math.max(...points.map((point) => point.label.length), 4) * 7.2 + 14, 200);
  const valueWidth = 110;
  const largest = Math.max(...points.map((point) => Math.abs(point.value)), 0) || 1;
  const rows = points.map(({ label, value, shown }, index) => {
    const y = index * rowHeight;
    const length = round((Math.abs(value) / largest) * (WIDTH - labelWidth - valueWidth));
    return (
      `<text class="label" x="${labelWidth - 12}" y="${y + 19}" text-anchor="end">${escapeHtml(shorten(label, 26))}</text>` +
      `<rect class="bar" x="${labelWidth}" y="${y + 5}" width="${Math.max(length, 2)}" height="20" rx="4"><title>${escapeHtml(`${label}: ${shown}`)}</title></rect>` +
      `<text class="value" x="${labelWidth + Math.max(length, 2) + 8}" y="${y + 19}">${escapeHtml(shown)}</text>`
    );
  });
  return chart(points, points.length * rowHeight + 4, rows.join(""));
}

function columns(points: Point[]): string {
  const height = 240;
  const top = 26;
  const base = height - 30;
  const slot = WIDTH / Math.max(points.length, 1);
  const largest = Math.max(...points.map((point) => Math.abs(point.value)), 0) || 1;
  // Labels that would touch are thinned out; every column still tells its own in its tooltip.
  const every = Math.ceil(points.length / 12);
  const drawn = points.map(({ label, value, shown }, index) => {
    const tall = Math.max(round((Math.abs(value) / largest) * (base - top)), 1);
    const middle = round(slot * (index + 0.5));
    const width = round(Math.min(slot * 0.7, 56));
    const named = index % every === 0;
    return (
      `<rect class="bar" x="${round(middle - width / 2)}" y="${base - tall}" width="${width}" height="${tall}" rx="3"><title>${escapeHtml(`${label}: ${shown}`)}</title></rect>` +
      (named
        ? `<text class="value" x="${middle}" y="${base - tall - 7}" text-anchor="middle">${escapeHtml(shown)}</text>`
        : "") +
      (named
        ? `<text class="label" x="${middle}" y="${height - 8}" text-anchor="middle">${escapeHtml(shorten(label, 10))}</text>`
        : "")
    );
  });
  return chart(points, height, `<line class="axis" x1="0" x2="${WIDTH}" y1="${base}" y2="${base}"/>${drawn.join("")}`);
}

function chart(points: Point[], height: number, inside: string): string {
  if (points.length === 0) return `<p class="empty">Nothing to draw.</p>\n`;
  const spoken = points.map((point) => `${point.label} ${point.shown}`).join("; ");
  return `<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(spoken)}">${inside}</svg>\n`;
}

function figures(text: string): string {
  const tiles = linesOf(text).map((line) => {
    const { label, rest } = split(line);
    return `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(rest)}</dd></div>`;
  });
  return `<dl class="figures">${tiles.join("")}</dl>\n`;
}

/** `label, value` or `label, value, shown`; lines whose value is no number are left out. */
function pointsOf(text: string): Point[] {
  return linesOf(text).flatMap((line) => {
    const [label = "", value = "", ...shown] = line.split("|").length > 1 ? line.split("|") : line.split(",");
    const number = Number(value.trim());
    if (value.trim() === "" || !Number.isFinite(number)) return [];
    return [{ label: label.trim(), value: number, shown: shown.join(",").trim() || value.trim() }];
  });
}

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

function split(line: string): { label: string; rest: string } {
  const at = line.indexOf(line.includes("|") ? "|" : ",");
  return at < 0 ? { label: line, rest: "" } : { label: line.slice(0, at).trim(), rest: line.slice(at + 1).trim() };
}

const shorten = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;
const round = (value: number): number => Math.round(value * 10) / 10;
