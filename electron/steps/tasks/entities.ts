/** Character references of XML and HTML, resolved in one pass, so that what comes out is never resolved again. */

/** The five that XML knows by itself. */
export const XML_ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** Those and the ones that pages use most. */
export const HTML_ENTITIES: ReadonlyMap<string, string> = new Map([
  ...XML_ENTITIES,
  ["nbsp", "\u00a0"],
  ["ndash", "–"],
  ["mdash", "—"],
  ["hellip", "…"],
  ["lsquo", "‘"],
  ["rsquo", "’"],
  ["ldquo", "“"],
  ["rdquo", "”"],
  ["bull", "•"],
  ["copy", "©"],
  ["reg", "®"],
  ["trade", "™"],
  ["euro", "€"],
  ["deg", "°"],
]);

/** Unknown names and numbers that are no character stay as they are. */
export const decodeEntities = (text: string, named: ReadonlyMap<string, string>): string =>
  text.replace(/&(#\d{1,7}|#x[\da-f]{1,6}|[a-z]\w{0,30});/gi, (whole, reference: string) =>
    reference.startsWith("#") ? (characterOf(reference) ?? whole) : (named.get(reference) ?? whole),
  );

function characterOf(reference: string): string | undefined {
  const isHex = reference[1] === "x" || reference[1] === "X";
  const code = Number.parseInt(reference.slice(isHex ? 2 : 1), isHex ? 16 : 10);
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}
