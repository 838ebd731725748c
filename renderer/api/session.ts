/** Who the page speaks as. In a browser it holds the token of this start; in the desktop window it holds none. */
import { isDesktop } from "../desktop-bridge.ts";
import { createStore } from "../parts/store.ts";

const TOKEN_KEY = "workflows.token";

/** Turns true when the server no longer takes the token; the page then says how to open the app again. */
export const signedOut = createStore(false);

/** Move the token from the address to this tab's storage, so that it is neither seen nor bookmarked. */
export function takeTokenFromAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  sessionStorage.setItem(TOKEN_KEY, token);
  history.replaceState(history.state, "", location.pathname + location.search);
}

export function authorization(): Record<string, string> {
  const token = isDesktop() ? null : sessionStorage.getItem(TOKEN_KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
}
