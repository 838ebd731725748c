/**
 * Values between processes and worlds as JSON, by the rules of structured clone: dates, maps, sets, errors and bytes
 * arrive as what they were; functions do not travel. Runs here and, by its source text, in the page: no imports.
 */

export interface Codec {
  encode(value: unknown): unknown;
  decode(wire: unknown): unknown;
}

export function makeCodec(): Codec {
  const encode = (value: unknown): unknown => {
    if (value === undefined) return { $: "undefined" };
    if (typeof value === "function" || typeof value === "symbol") throw new Error("An object could not be cloned.");
    if (typeof value === "bigint") return { $: "bigint", value: String(value) };
    if (typeof value === "number" && !Number.isFinite(value)) return { $: "number", value: String(value) };
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map(encode);
    if (value instanceof Date) return { $: "date", value: value.getTime() };
    if (value instanceof Map) return { $: "map", value: [...value].map(encode) };
    if (value instanceof Set) return { $: "set", value: [...value].map(encode) };
    if (value instanceof Error) return { $: "error", value: { name: value.name, message: value.message } };
    if (value instanceof Uint8Array) return { $: "bytes", value: [...value] };
    if (value instanceof Promise || value instanceof WeakMap) throw new Error("An object could not be cloned.");
    return { $: "object", value: Object.entries(value).map(([key, each]) => [key, encode(each)]) };
  };
  const decode = (wire: unknown): unknown => {
    if (wire === null || typeof wire !== "object") return wire;
    if (Array.isArray(wire)) return wire.map(decode);
    const { $: kind, value } = wire as { $: string; value: never };
    switch (kind) {
      case "undefined":
        return undefined;
      case "bigint":
        return BigInt(value);
      case "number":
        return Number(value);
      case "date":
        return new Date(value);
      case "map":
        return new Map((value as unknown[]).map(decode) as [unknown, unknown][]);
      case "set":
        return new Set((value as unknown[]).map(decode));
      case "error":
        return Object.assign(new Error((value as Error).message), { name: (value as Error).name });
      case "bytes":
        return Uint8Array.from(value as number[]);
      default:
        return Object.fromEntries((value as [string, unknown][]).map(([key, each]) => [key, decode(each)]));
    }
  };
  return { encode, decode };
}
