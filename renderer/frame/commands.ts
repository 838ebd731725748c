/**
 * What a key, a menu item or the palette may ask for, by name. Whoever can do it listens; the one that came last wins,
 * so that a dialog or a list in front takes the command before the page behind it.
 */
import { useEffect, useRef } from "react";
import type { MenuCommand } from "../desktop-bridge.ts";

export type Command = MenuCommand | "next" | "previous" | "rerun" | "palette";

type Handler = () => void;
const handlers = new Map<Command, Handler[]>();

/** Do what was asked for; false when nobody on this screen can. */
export function dispatch(command: Command): boolean {
  const handler = handlers.get(command)?.at(-1);
  handler?.();
  return handler !== undefined;
}

const COMMANDS: ReadonlySet<string> = new Set<Command>([
  "new-run",
  "go-runs",
  "go-workflows",
  "go-inbox",
  "go-operations",
  "find",
  "shortcuts",
  "settings",
  "next",
  "previous",
  "rerun",
  "palette",
]);

export const isCommand = (word: string): word is Command => COMMANDS.has(word);

/** Take a command while the component is on screen. */
export function useCommand(command: Command, handler: Handler): void {
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => {
    const mine: Handler = () => latest.current();
    handlers.set(command, [...(handlers.get(command) ?? []), mine]);
    return () => {
      handlers.set(
        command,
        (handlers.get(command) ?? []).filter((each) => each !== mine),
      );
    };
  }, [command]);
}
