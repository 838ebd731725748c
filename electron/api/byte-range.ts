/** The Range header: one range of bytes of a file of known size. Pure. */

export interface ByteRange {
  /** First and last byte, both included. */
  first: number;
  last: number;
}

/**
 * `null`: send the whole file, because nothing was asked for or in a unit we do not know. `"unsatisfiable"`: 416.
 * An end beyond the file is moved to its last byte.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | null | "unsatisfiable" {
  if (header === undefined || !/^bytes\s*=/i.test(header)) return null;
  const [, from = "", to = ""] = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header) ?? [];
  if (from === "" && to === "") return "unsatisfiable";
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first <= last ? { first, last } : "unsatisfiable";
}
