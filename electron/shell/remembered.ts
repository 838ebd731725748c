/**
 * The little that the window remembers between starts, as one JSON file in the shell's own folder. Losing it costs
 * nothing but comfort, so a file that cannot be read is as good as none, and one that cannot be written is let go.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Bounds = z.object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() });
export type Bounds = z.infer<typeof Bounds>;

const Remembered = z.object({
  bounds: Bounds.optional().catch(undefined),
  isMaximized: z.boolean().optional().catch(undefined),
  /** Where the last backup was saved; Electron's dialogs keep no such memory. */
  backupFolder: z.string().optional().catch(undefined),
});
export type Remembered = z.infer<typeof Remembered>;

export interface Memory {
  readonly current: Readonly<Remembered>;
  remember(change: Partial<Remembered>): void;
}

/** @param folder exists already. */
export function openMemory(folder: string): Memory {
  const path = join(folder, "remembered.json");
  let current = read(path);
  return {
    get current() {
      return current;
    },
    remember(change) {
      current = { ...current, ...change };
      write(path, current);
    },
  };
}

/** The remembered bounds if a good part of them is still on a display, e.g. not on one that was unplugged. */
export function visibleBounds(bounds: Bounds | undefined, displays: readonly Bounds[]): Bounds | undefined {
  if (!bounds) return undefined;
  const seen = displays.some((display) => {
    const width = Math.min(bounds.x + bounds.width, display.x + display.width) - Math.max(bounds.x, display.x);
    const height = Math.min(bounds.y + bounds.height, display.y + display.height) - Math.max(bounds.y, display.y);
    return width >= 200 && height >= 100;
  });
  return seen ? bounds : undefined;
}

function read(path: string): Remembered {
  try {
    return Remembered.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return {};
  }
}

function write(path: string, value: Remembered): void {
  const partial = `${path}.partial`;
  try {
    writeFileSync(partial, `${JSON.stringify(value)}\n`, { mode: 0o600 });
    renameSync(partial, path);
  } catch {
    // A full disk or a read-only folder: the engine tells about those, and about data that matters.
  }
}
