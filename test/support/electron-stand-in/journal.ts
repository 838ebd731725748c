/** Everything that the app did to the desktop, in order, for tests to look at; and the answers to dialogs to come. */

export interface Entry {
  what: string;
  details: Record<string, unknown>;
}

const entries: Entry[] = [];

export const journal: readonly Entry[] = entries;

/** Note that something happened. Functions and other things that do not travel are left out. */
export function note(what: string, details: object = {}): void {
  entries.push({ what, details: JSON.parse(JSON.stringify(details)) as Record<string, unknown> });
}
