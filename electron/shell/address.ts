/**
 * The addresses the shell deals with: the app's own origin, and what may be handed to the system's browser.
 * Pure; addresses are always parsed and compared by part, never by how their text begins.
 */

export const APP_SCHEME = "app";
export const APP_HOST = "workflows";
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`;
export const APP_URL = `${APP_ORIGIN}/`;

/** Schemes that may leave the app: a page, or a new mail. Anything else could start a program. */
const EXTERNAL = new Set(["http:", "https:", "mailto:"]);

/** The page that shows one run. */
export const runUrl = (runId: string): string => `${APP_URL}runs/${encodeURIComponent(runId)}`;

/** Whether an address belongs to the app itself. Custom schemes have no `origin` in Node, so its parts are compared. */
export function isAppUrl(address: string): boolean {
  const url = parse(address);
  return url !== undefined && url.protocol === `${APP_SCHEME}:` && url.host === APP_HOST;
}

/** The address, normalised, if it may be opened outside the app; undefined if not. */
export function externalUrl(address: string): string | undefined {
  const url = parse(address);
  return url !== undefined && EXTERNAL.has(url.protocol) ? url.href : undefined;
}

function parse(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}
