/** How times and durations are written, everywhere. Pure text; what ticks is in `clock.tsx`. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `480 ms`, `1.24 s`, `3 m 05 s`, `2 h 04 m`, `3 d 02 h`. Takes milliseconds. */
export function duration(ms: number): string {
  const value = Math.max(0, ms);
  if (value < SECOND) return `${Math.round(value)} ms`;
  if (value < 10 * SECOND) return `${(value / SECOND).toFixed(2)} s`;
  if (value < MINUTE) return `${(value / SECOND).toFixed(1)} s`;
  if (value < HOUR) return `${Math.floor(value / MINUTE)} m ${two((value % MINUTE) / SECOND)} s`;
  if (value < DAY) return `${Math.floor(value / HOUR)} h ${two((value % HOUR) / MINUTE)} m`;
  return `${Math.floor(value / DAY)} d ${two((value % DAY) / HOUR)} h`;
}

/** Like `duration`, in whole seconds from one second on: for what is still counting. */
export function ticking(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(Math.max(0, ms) / SECOND)} s`;
  return duration(ms);
}

/** `just now`, `2 min ago`, `in 5 min`, `yesterday`, then the date. */
export function relative(iso: string, now: number): string {
  const at = Date.parse(iso);
  const away = now - at;
  const size = Math.abs(away);
  if (size < 10 * SECOND) return away >= 0 ? "just now" : "in a moment";
  const text = magnitude(size);
  if (text) return away >= 0 ? `${text} ago` : `in ${text}`;
  return dayFormat.format(at);
}

function magnitude(ms: number): string | null {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  if (ms < 7 * DAY) return Math.floor(ms / DAY) === 1 ? "1 day" : `${Math.floor(ms / DAY)} days`;
  return null;
}

/** The exact moment, here and in UTC, for a hover. */
export function exact(iso: string): string {
  const at = new Date(iso);
  return `${localFormat.format(at)}\n${at.toISOString().replace("T", " ").replace("Z", " UTC")}`;
}

/** `14:03:05.120`: for lists where the day is known. */
export const clockTime = (iso: string): string => timeFormat.format(new Date(iso));

/** `12 Nov 2026, 14:03`. */
export const dateTime = (iso: string): string => dateTimeFormat.format(new Date(iso));

const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
const dayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const dateTimeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const localFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const timeFormat = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

/** `1.4 MB`, `12 kB`, `730 B`; decimal units. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = size;
  let unit = "B";
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `1,204`. */
export const count = (value: number): string => value.toLocaleString("en-US");

/** `1 run`, `2 runs`. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
