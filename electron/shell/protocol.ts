/** `app://workflows/`, the window's own origin: registered with Electron, served by the reverse proxy. */

import { protocol } from "electron";
import { APP_SCHEME } from "./address.ts";
import type { HostAddress } from "./host-client.ts";
import { forward } from "./reverse-proxy.ts";

/** Must be called before the app is ready, or the scheme has no storage, no fetch and no secure context. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ]);
}

/** Answer the window's requests from `host`. */
export function serveApp(host: HostAddress): void {
  protocol.handle(APP_SCHEME, (request) => forward(host, request));
}
