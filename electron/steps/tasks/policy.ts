/**
 * Personal data and unwanted words in a text. Patterns only: they find what looks like an address, a number or a card,
 * never a name, and may be wrong both ways.
 */

export interface PolicyInput {
  text: string;
  words: readonly string[];
}

export interface PolicyFindings {
  /** How often each kind of personal data occurs; kinds that do not are left out. */
  pii: Record<string, number>;
  /** Those of the words that occur, as they were given. */
  words: string[];
  /** The text with `[kind]` in place of personal data and `[blocked]` in place of the words. */
  redacted: string;
}

interface Kind {
  name: string;
  pattern: RegExp;
  /** Numbers that carry a check digit are only taken if it is right. */
  holds?: (found: string) => boolean;
}

/** In this order: a card number looks like a telephone number too. */
const KINDS: readonly Kind[] = [
  { name: "email", pattern: /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/gu },
  { name: "iban", pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b/g, holds: isIban },
  { name: "card", pattern: /\b\d(?:[ -]?\d){12,18}\b/g, holds: isCard },
  { name: "ssn", pattern: /\b(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b/g },
  { name: "ip_address", pattern: /\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b/g },
  {
    name: "phone",
    pattern: /(?<![\w.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{1,5}\)|\d{2,5})(?:[ ./-]?\d{2,5}){1,4}\b(?!\.\d)/g,
    holds: isPhone,
  },
];

export function findPolicy({ text, words }: PolicyInput): PolicyFindings {
  const pii: Record<string, number> = {};
  let redacted = text;
  for (const { name, pattern, holds } of KINDS) {
    redacted = redacted.replace(pattern, (found) => {
      if (holds && !holds(found)) return found;
      pii[name] = (pii[name] ?? 0) + 1;
      return `[${name}]`;
    });
  }
  const present = words.filter((word) => word !== "" && wordPattern(word).test(text));
  for (const word of present) redacted = redacted.replace(wordPattern(word), "[blocked]");
  return { pii, words: present, redacted };
}

/** The word by itself, in any case: `ass` is not in `class`. */
const wordPattern = (word: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}_])${word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}(?![\\p{L}\\p{N}_])`, "giu");

/** Luhn's check digit. */
function isCard(found: string): boolean {
  const digits = [...found.replace(/\D/g, "")].map(Number).reverse();
  const sum = digits.reduce((total, digit, index) => {
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

/** The remainder by 97 of ISO 13616. */
function isIban(found: string): boolean {
  const plain = found.replaceAll(" ", "");
  const digits = `${plain.slice(4)}${plain.slice(0, 4)}`.replace(/[A-Z]/g, (letter) =>
    String(letter.charCodeAt(0) - 55),
  );
  return [...digits].reduce((remainder, digit) => (remainder * 10 + Number(digit)) % 97, 0) === 1;
}

/** Digits alone could be any number; a telephone number begins with + or 0, or is written in groups. */
function isPhone(found: string): boolean {
  const digits = found.replace(/\D/g, "");
  const isDate = /^\d{4}[-/.]\d{2}[-/.]\d{2}$|^\d{2}[-/.]\d{2}[-/.]\d{4}$/.test(found);
  const looksLikeOne = found.startsWith("+") || /^\(?0/.test(found) || /^\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}$/.test(found);
  return !isDate && looksLikeOne && digits.length >= 7 && digits.length <= 15;
}
