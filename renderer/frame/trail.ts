/** The name of the page below a section, for the top line and the window's title. */
import { useEffect } from "react";
import { createStore } from "../parts/store.ts";

export const trail = createStore("");

/** Say what this page is called while it is on screen. */
export function usePageName(name: string): void {
  useEffect(() => {
    trail.set(name);
    document.title = name ? `${name} · Workflows` : "Workflows";
  }, [name]);
}
