/**
 * `protocol.handle` that really serves and really streams: each scheme is an origin of a small HTTP server inside the
 * stand-in, `app://workflows/x` being `http://workflows.app.localhost:PORT/x` to Chromium. The app only ever sees its own
 * addresses; both directions are translated here.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";
import type Electron from "electron";
import { note } from "./journal.ts";

type Handler = Parameters<Electron.Protocol["handle"]>[1];

const handlers = new Map<string, Handler>();
let port = 0;

export const protocol: Pick<Electron.Protocol, "handle" | "registerSchemesAsPrivileged"> = {
  registerSchemesAsPrivileged(schemes) {
    note("protocol.registerSchemesAsPrivileged", { schemes });
  },
  handle(scheme, handler) {
    if (handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    handlers.set(scheme, handler);
  },
};

/** Begin to serve; called once before the first window loads. */
export async function serveProtocols(): Promise<void> {
  if (port !== 0) return;
  const server = createServer((request, response) => void serve(request, response));
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  port = (server.address() as AddressInfo).port;
}

/** The address that Chromium loads for one of the app's. Others stay as they are. */
export function toChromium(address: string): string {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(address) ?? [];
  if (!handlers.has(scheme)) return address;
  const [host, ...path] = rest.split("/");
  return `http://${host}.${scheme}.localhost:${port}/${path.join("/")}`;
}

/** The app's address for one that Chromium reports. */
export function fromChromium(address: string): string {
  return address.replace(/^http:\/\/([^/]+)\.([a-z0-9+-]+)\.localhost:(\d+)/i, (all, host, scheme, at) =>
    Number(at) === port ? `${scheme}://${host}` : all,
  );
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  try {
    const url = fromChromium(`http://${incoming.headers.host}${incoming.url}`);
    const handler = handlers.get(new URL(url).protocol.slice(0, -1));
    if (!handler) throw new Error(`No handler for ${url}`);
    const answer = await handler(requestFor(url, incoming, gone.signal));
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (!answer.body) return void outgoing.end();
    // The frames of a stream must not wait for more of them.
    outgoing.flushHeaders();
    const body = Readable.fromWeb(answer.body as WebStream<Uint8Array>);
    body.once("error", () => outgoing.destroy());
    outgoing.once("close", () => body.destroy());
    body.pipe(outgoing);
  } catch (error) {
    process.stderr.write(`protocol handler: ${String(error)}\n`);
    outgoing.destroy();
  }
}

function requestFor(url: string, incoming: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (name === "host" || name === "connection" || value === undefined) continue;
    headers.set(name, fromChromium(Array.isArray(value) ? value.join(", ") : value));
  }
  const hasBody = incoming.method !== "GET" && incoming.method !== "HEAD";
  const init: RequestInit & { duplex?: "half" } = { method: incoming.method, headers, signal };
  if (hasBody) {
    init.body = Readable.toWeb(incoming) as ReadableStream;
    init.duplex = "half";
  }
  return new Request(url, init);
}
