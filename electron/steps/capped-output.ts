/** A stream's text with a cap: the beginning and the end are kept, and a marker says how much is missing between. */

/** Bytes kept of one stream. */
export const OUTPUT_CAP_BYTES = 1024 * 1024;

export interface CappedOutput {
  add(chunk: Buffer): void;
  text(): string;
  /** The last `bytes` bytes, for showing while it runs. */
  tail(bytes: number): string;
  truncated(): boolean;
}

export function cappedOutput(cap: number = OUTPUT_CAP_BYTES): CappedOutput {
  const headCap = Math.floor(cap / 2);
  const tailCap = cap - headCap;
  let head = Buffer.alloc(0);
  let tail: Buffer[] = [];
  let tailSize = 0;
  let lost = 0;

  const trim = (limit: number) => {
    const joined = Buffer.concat(tail);
    const excess = Math.max(joined.byteLength - limit, 0);
    lost += excess;
    tail = [joined.subarray(excess)];
    tailSize = joined.byteLength - excess;
  };

  return {
    add(chunk) {
      const room = headCap - head.byteLength;
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)]);
      const rest = chunk.subarray(Math.max(room, 0));
      if (rest.byteLength === 0) return;
      tail.push(rest);
      tailSize += rest.byteLength;
      // Joined only now and then: joining at every chunk would copy the tail over and over.
      if (tailSize > tailCap * 2) trim(tailCap);
    },
    text() {
      trim(tailCap);
      const end = Buffer.concat(tail);
      if (lost === 0) return Buffer.concat([head, end]).toString("utf8");
      return `${head.toString("utf8")}\n… ${lost} bytes left out …\n${end.toString("utf8")}`;
    },
    tail: (bytes) =>
      Buffer.concat([head, ...tail])
        .subarray(-bytes)
        .toString("utf8"),
    truncated: () => lost > 0,
  };
}
