/** The nonce of this page load. Everything that adds a style sheet at run time must carry it, or the browser drops it. */

export const pageNonce: string = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

declare global {
  interface Window {
    /** The name under which the scroll lock of our dialogs looks for the nonce. */
    __webpack_nonce__?: string;
  }
}

window.__webpack_nonce__ = pageNonce;
