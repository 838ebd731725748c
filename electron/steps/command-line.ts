/** How a program and its arguments are shown to a person who is asked to allow them. Nothing is run from here. */

/** The words as one line; whatever could be read in more than one way is quoted. */
export const commandLine = (words: readonly unknown[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(String(word)) ? String(word) : JSON.stringify(word))).join(" ");
