/** How long a text is: characters, words, and about how many tokens a language model would make of it. */

/** Scripts that models cut into about one token a character. */
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;

/** All others: about four characters a token. */
const CHARACTERS_PER_TOKEN = 4;

export interface TextSize {
  token_count: number;
  word_count: number;
  /** Unicode characters. */
  char_count: number;
}

/** An estimate: every model counts differently, mostly within a fifth of this for prose. */
export function countTokens({ text }: { text: string }): TextSize {
  let dense = 0;
  let all = 0;
  for (const character of text) {
    all++;
    if (DENSE.test(character)) dense++;
  }
  const words = text.match(/\S+/g)?.length ?? 0;
  return { token_count: dense + Math.ceil((all - dense) / CHARACTERS_PER_TOKEN), word_count: words, char_count: all };
}
