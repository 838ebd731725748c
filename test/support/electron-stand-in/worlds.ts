/**
 * The two worlds of a page. The preload lives in an isolated world of Chromium's, as in Electron; what it exposes is
 * copied to the page's world, functions as proxies, by synchronous events whose detail is text, so that no object leaks
 * across. The functions below are written here and run there, by their source text: they may use nothing from outside.
 */
import { type Codec, makeCodec } from "./codec.ts";

export const PRELOAD_WORLD = "electron-preload";
/** The one binding of the isolated world: text to the main process. */
export const SEND = "standInSend";

type Message =
  | { type: "expose"; key: string; api: unknown }
  | { type: "call"; id: number; callee: number; args: unknown }
  | { type: "return"; id: number; ok: boolean; value: unknown }
  | { type: "settle"; id: number; ok: boolean; value: unknown };

interface Link {
  expose(key: string, api: unknown): void;
}

/** Source that runs in the page's world before any script of the page. */
export const pageWorldSource = (): string => `(() => {
  if (window !== window.top) return;
  (${joinWorlds})((${makeCodec})(), "page", "preload");
})()`;

/** Source that runs in the isolated world: the preload, with the `require` that a sandboxed one has. */
export const preloadWorldSource = (preload: string, argv: readonly string[]): string => `(() => {
  if (window !== window.top) return;
  const codec = (${makeCodec})();
  const link = (${joinWorlds})(codec, "preload", "page");
  const electron = (${rendererApi})(codec, link, (text) => ${SEND}(text));
  const require = (name) => {
    if (name === "electron") return electron;
    throw new Error("module not found: " + name);
  };
  const process = {
    argv: ${JSON.stringify(argv)}, platform: ${JSON.stringify(process.platform)},
    versions: ${JSON.stringify({ ...process.versions })}, contextIsolated: true, sandboxed: true, type: "renderer",
  };
  const module = { exports: {} };
  (function (require, module, exports, process) { ${preload}
  })(require, module, module.exports, process);
})()`;

function joinWorlds(codec: Codec, me: string, other: string): Link {
  const functions = new Map<number, (...args: unknown[]) => unknown>();
  const returned = new Map<number, { ok: boolean; value: unknown }>();
  const promises = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  let lastId = 0;
  const send = (message: Message) => {
    document.dispatchEvent(new CustomEvent(`stand-in-to-${other}`, { detail: JSON.stringify(message) }));
  };
  const wrap = (value: unknown): unknown => {
    if (typeof value === "function") {
      functions.set(++lastId, value as (...args: unknown[]) => unknown);
      return { $: "function", value: lastId };
    }
    if (value instanceof Promise) {
      const id = ++lastId;
      value.then(
        (result) => send({ type: "settle", id, ok: true, value: wrap(result) }),
        (error) => send({ type: "settle", id, ok: false, value: wrap(error) }),
      );
      return { $: "promise", value: id };
    }
    if (Array.isArray(value)) return value.map(wrap);
    if (value && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
      return { $: "object", value: Object.entries(value).map(([key, each]) => [key, wrap(each)]) };
    }
    return codec.encode(value);
  };
  const call = (callee: number, args: unknown[]): unknown => {
    const id = ++lastId;
    send({ type: "call", id, callee, args: wrap(args) });
    // Events are dispatched synchronously: the other world has answered by now.
    const result = returned.get(id);
    returned.delete(id);
    if (!result) throw new Error("The other world did not answer.");
    const value = unwrap(result.value);
    if (result.ok) return value;
    throw value;
  };
  const unwrap = (wire: unknown): unknown => {
    if (Array.isArray(wire)) return wire.map(unwrap);
    const { $: kind, value } = (wire ?? {}) as { $?: string; value?: unknown };
    if (kind === "function") return (...args: unknown[]) => call(value as number, args);
    if (kind === "promise") return new Promise((resolve, reject) => promises.set(value as number, { resolve, reject }));
    if (kind === "object") {
      const entries = (value as [string, unknown][]).map(([key, each]) => [key, unwrap(each)]);
      return Object.freeze(Object.fromEntries(entries));
    }
    return codec.decode(wire);
  };
  const answer = (message: Extract<Message, { type: "call" }>): Message => {
    try {
      const result = functions.get(message.callee)?.(...(unwrap(message.args) as unknown[]));
      return { type: "return", id: message.id, ok: true, value: wrap(result) };
    } catch (error) {
      return { type: "return", id: message.id, ok: false, value: wrap(error) };
    }
  };
  document.addEventListener(`stand-in-to-${me}`, (event) => {
    const message = JSON.parse((event as CustomEvent<string>).detail) as Message;
    if (message.type === "call") send(answer(message));
    else if (message.type === "return") returned.set(message.id, message);
    else if (message.type === "settle") {
      const waiting = promises.get(message.id);
      promises.delete(message.id);
      if (message.ok) waiting?.resolve(unwrap(message.value));
      else waiting?.reject(unwrap(message.value));
    } else Object.defineProperty(globalThis, message.key, { value: unwrap(message.api), enumerable: true });
  });
  return { expose: (key, api) => send({ type: "expose", key, api: wrap(api) }) };
}

function rendererApi(codec: Codec, link: Link, send: (text: string) => void) {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const listeners = new Map<string, Set<(event: object, ...args: unknown[]) => void>>();
  let lastId = 0;
  Object.assign(globalThis, {
    standInReply(id: number, ok: boolean, wire: unknown) {
      const { resolve, reject } = waiting.get(id) ?? {};
      waiting.delete(id);
      if (ok) resolve?.(codec.decode(wire));
      else reject?.(new Error(String(codec.decode(wire))));
    },
    standInReceive(channel: string, wire: unknown) {
      for (const listener of listeners.get(channel) ?? []) listener({}, ...(codec.decode(wire) as unknown[]));
    },
  });
  const ipcRenderer = {
    invoke: (channel: string, ...args: unknown[]) =>
      new Promise((resolve, reject) => {
        const wire = codec.encode(args);
        waiting.set(++lastId, { resolve, reject });
        send(JSON.stringify({ kind: "invoke", id: lastId, channel, wire }));
      }),
    send: (channel: string, ...args: unknown[]) =>
      send(JSON.stringify({ kind: "send", id: 0, channel, wire: codec.encode(args) })),
    on(channel: string, listener: (event: object, ...args: unknown[]) => void) {
      const known = listeners.get(channel) ?? new Set();
      listeners.set(channel, known.add(listener));
      return ipcRenderer;
    },
    off(channel: string, listener: (event: object, ...args: unknown[]) => void) {
      listeners.get(channel)?.delete(listener);
      return ipcRenderer;
    },
  };
  return { ipcRenderer, contextBridge: { exposeInMainWorld: (key: string, api: unknown) => link.expose(key, api) } };
}
