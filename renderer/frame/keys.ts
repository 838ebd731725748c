/** The keys, in one table: what listens to them, what the list under `?` shows, and what Help prints. */
import { useEffect } from "react";
import { type Command, dispatch } from "./commands.ts";

interface KeyLine {
  /** One key, or two pressed one after the other. */
  keys: readonly string[];
  does: string;
  command: Command | null;
}

export const KEYS: readonly KeyLine[] = [
  { keys: ["g", "r"], does: "Go to Runs", command: "go-runs" },
  { keys: ["g", "w"], does: "Go to Workflows", command: "go-workflows" },
  { keys: ["g", "i"], does: "Go to Inbox", command: "go-inbox" },
  { keys: ["g", "o"], does: "Go to Operations", command: "go-operations" },
  { keys: ["j"], does: "Next row", command: "next" },
  { keys: ["k"], does: "Previous row", command: "previous" },
  { keys: ["Enter"], does: "Open the row", command: null },
  { keys: ["/"], does: "Filter the list", command: "find" },
  { keys: ["n"], does: "New run", command: "new-run" },
  { keys: ["r"], does: "Rerun with the same inputs", command: "rerun" },
  { keys: ["?"], does: "This list", command: "shortcuts" },
  { keys: ["Esc"], does: "Close what is open", command: null },
];

const SEQUENCE_MS = 1200;
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
const isBehindDialog = (): boolean => document.querySelector('[role="dialog"][aria-modal="true"]') !== null;

/** Listen to the table's keys for as long as the frame is on screen. Keys typed into fields are left alone. */
export function useKeys(): void {
  useEffect(() => {
    let first: { key: string; at: number } | null = null;
    function pressed(event: KeyboardEvent): void {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        dispatch("palette");
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isBehindDialog()) return;
      const begun = first && event.timeStamp - first.at < SEQUENCE_MS ? first.key : null;
      first = null;
      const line =
        KEYS.find(({ keys }) => keys.length === 2 && keys[0] === begun && keys[1] === event.key) ??
        KEYS.find(({ keys }) => keys.length === 1 && keys[0] === event.key);
      if (line?.command) {
        if (dispatch(line.command)) event.preventDefault();
        return;
      }
      if (KEYS.some(({ keys }) => keys.length === 2 && keys[0] === event.key))
        first = { key: event.key, at: event.timeStamp };
    }
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}
