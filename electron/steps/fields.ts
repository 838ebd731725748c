/** Config fields and values that several step types read the same way. No step lives here. */
import { z } from "zod";
import type { Outputs } from "./step-type.ts";

export const delimiter = z.string().length(1).default(",").describe("The character between cells");

export const saveAs = z
  .strictObject({
    name: z.string().min(1).max(200).describe("File name with its extension"),
    mime_type: z.string().optional().describe("Told by the extension if not given"),
  })
  .optional()
  .describe("Keep the result as an artifact of this name");

/** The first of these outputs that the step before gave, if any. */
export function fromLast(last: Outputs | null, names: readonly string[]): unknown {
  return names.map((name) => last?.[name]).find((value) => value !== undefined && value !== null);
}

/** Text as a person would write it: text as it is, all else as JSON. */
export const asText = (value: unknown): string =>
  typeof value === "string" ? value : value == null ? "" : JSON.stringify(value, null, 2);

const MIME_BY_EXTENSION: Record<string, string> = {
  csv: "text/csv",
  html: "text/html",
  json: "application/json",
  log: "text/plain",
  md: "text/markdown",
  svg: "image/svg+xml",
  txt: "text/plain",
  xml: "application/xml",
};

/** The MIME type of a file that we wrote ourselves. */
export const mimeOf = (name: string): string =>
  MIME_BY_EXTENSION[name.toLowerCase().split(".").at(-1) ?? ""] ?? "text/plain";

/** Text for a program's arguments or surroundings, where the system takes a zero byte for the end. */
export const withoutZero = z.string().refine((text) => !text.includes("\0"), { error: "must not hold a zero byte" });
