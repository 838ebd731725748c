/** Takes out of a text what is not wanted in it, operation after operation, in the order in which they are written. */
import { decodeEntities, HTML_ENTITIES } from "./entities.ts";

export interface CleanInput {
  text: string;
  operations: readonly CleanOperation[];
}

const URLS = /\bhttps?:\/\/[^\s<>"')\]]+|\bwww\.[^\s<>"')\]]+/gi;
const EMAILS = /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/gu;

const OPERATIONS = {
  strip: (text: string) => text.trim(),
  lowercase: (text: string) => text.toLowerCase(),
  remove_urls: (text: string) => text.replace(URLS, ""),
  remove_emails: (text: string) => text.replace(EMAILS, ""),
  normalize_whitespace: normalizeWhitespace,
  normalize_unicode: normalizeUnicode,
  fix_encoding: fixEncoding,
  strip_html: stripHtml,
  strip_markdown: stripMarkdown,
  strip_reasoning_blocks: stripReasoning,
  tts_normalize: forReadingAloud,
};
export type CleanOperation = keyof typeof OPERATIONS;

export function cleanText({ text, operations }: CleanInput): string {
  return operations.reduce((cleaned, operation) => OPERATIONS[operation](cleaned), text);
}

/** One space at most, one blank line at most, nothing at line ends. */
function normalizeWhitespace(text: string): string {
  const lines = text.split(/\r\n?|\n/).map((line) => line.replace(/[^\S\n]+/g, " ").trim());
  return lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/[‘’‚‛′]/g, "'"],
  [/[“”„‟″]/g, '"'],
  [/[‐‑‒–—―−]/g, "-"],
  [/…/g, "..."],
  [/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, " "],
  // Invisible: zero-width space and joiners' like, byte order mark, soft hyphen.
  [/[\u200b\u2060\ufeff\u00ad]/g, ""],
];

/** Typographic marks become those of a keyboard; letters are composed (NFC) and otherwise kept. */
function normalizeUnicode(text: string): string {
  return PLAIN.reduce((plain, [marks, mark]) => plain.replace(marks, mark), text.normalize("NFC"));
}

/** Windows-1252 characters of the bytes 0x80 to 0x9F; the others are equal to their code. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";
const BYTE_OF = new Map([...WINDOWS_1252].map((character, index) => [character, 0x80 + index] as const));

/** A lead byte of UTF-8 and as many followers as it announces, as they look when they were read as Windows-1252. */
const FOLLOWER = `[\u0080-\u00bf${WINDOWS_1252}]`;
const MISREAD = new RegExp(
  `[\u00c2-\u00df]${FOLLOWER}|[\u00e0-\u00ef]${FOLLOWER}{2}|[\u00f0-\u00f4]${FOLLOWER}{3}`,
  "g",
);

/** UTF-8 that was once read as Windows-1252 (`Ã©` for `é`) is put right; all else stays. */
function fixEncoding(text: string): string {
  const strict = new TextDecoder("utf-8", { fatal: true });
  return text.replace(MISREAD, (misread) => {
    const bytes = Uint8Array.from([...misread].map((character) => BYTE_OF.get(character) ?? character.charCodeAt(0)));
    try {
      return strict.decode(bytes);
    } catch {
      // Not UTF-8 after all: the person meant these very letters.
      return misread;
    }
  });
}

function stripHtml(html: string): string {
  const text = html
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<(script|style|template|noscript)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, "")
    .replace(/<(?:br|\/?(?:p|div|li|ul|ol|tr|table|h[1-6]|section|article|blockquote|pre))\b[^>]*>/gi, "\n")
    .replace(/<\/?[a-z][^>]*>/gi, "");
  return decodeEntities(text, HTML_ENTITIES);
}

function stripMarkdown(markdown: string): string {
  return markdown
    .replace(/^ {0,3}(?:`{3,}|~{3,}).*$/gm, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^ {0,3}#{1,6}\s+/gm, "")
    .replace(/^ {0,3}>\s?/gm, "")
    .replace(/^(\s*)(?:[-*+]|\d{1,9}[.)])\s+/gm, "$1")
    .replace(/^ {0,3}(?:[-*_]\s*){3,}$/gm, "")
    .replace(/(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1/g, "$2")
    .replace(/(?<![\w*])[*_](?=\S)([^*_\n]+?)(?<=\S)[*_](?![\w*])/g, "$1")
    .replace(/`([^`\n]+)`/g, "$1");
}

/** What some models write before their answer: closed blocks, and one whose beginning was cut off. */
function stripReasoning(text: string): string {
  const closed = text.replace(/<(think|thinking|reasoning|reflection)>[\s\S]*?<\/\1>/gi, "");
  return closed.replace(/^[\s\S]*?<\/(?:think|thinking|reasoning|reflection)>/i, "").trim();
}

/** Plain sentences without marks, links and pictures, in words where a sign has an English one. */
function forReadingAloud(text: string): string {
  const words = stripMarkdown(text)
    .replace(URLS, "")
    .replace(/(?![©®™])\p{Extended_Pictographic}\uFE0F?/gu, "")
    .replace(/\s*&\s*/g, " and ")
    .replace(/(\d)\s?%/g, "$1 percent");
  return normalizeWhitespace(normalizeUnicode(words));
}
