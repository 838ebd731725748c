/** Undo the compression of an answer without letting a small body grow past the cap. */
import { promisify } from "node:util";
import { brotliDecompress, unzip } from "node:zlib";
import { HttpError } from "./http-error.ts";

const unzipAsync = promisify(unzip);
const brotliAsync = promisify(brotliDecompress);

/** The plain bytes. Throws `response_too_large` beyond `maxBytes`, `http_error` for an encoding we never asked for. */
export async function decodeBody(
  body: Uint8Array,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  const name = encoding?.trim().toLowerCase() ?? "";
  if (name === "" || name === "identity" || body.byteLength === 0) return body;
  const decode = name === "br" ? brotliAsync : name === "gzip" || name === "deflate" ? unzipAsync : null;
  if (!decode) throw new HttpError("http_error", `The answer came in an encoding we do not read: ${name}.`);
  try {
    return await decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    throw new HttpError(
      tooLarge ? "response_too_large" : "http_error",
      tooLarge ? `The answer is larger than ${maxBytes} bytes.` : "The answer's compression is damaged.",
      { hint: tooLarge ? "Raise max_bytes if that is expected." : undefined, cause: error },
    );
  }
}
