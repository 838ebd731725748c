/** Payload columns are JSON text that our own store wrote; this is where they become values again. No other parsing. */

export type Json = Record<string, unknown>;

/** An object column that is always there. */
export const jsonObject = (text: string): Json => JSON.parse(text) as Json;

export const jsonObjectOrNull = (text: string | null): Json | null => (text === null ? null : jsonObject(text));

export const jsonTexts = (text: string): string[] => JSON.parse(text) as string[];
