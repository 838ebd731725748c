/** Times that move by themselves. One timer serves all of them, and only the text that changes is drawn again. */
import { useSyncExternalStore } from "react";
import { duration, exact, relative, ticking } from "./time.ts";

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Epoch milliseconds, moving once a second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

const still = (): (() => void) => () => undefined;

/** Like `useNow`, but stands still while `moving` is false. */
export const useNowWhile = (moving: boolean): number => useSyncExternalStore(moving ? subscribe : still, () => now);

/** "2 min ago", with the exact moment on hover. */
export function When({ at }: { at: string }) {
  const current = useNow();
  return (
    <time dateTime={at} title={exact(at)}>
      {relative(at, current)}
    </time>
  );
}

/** How long something has been going, counting. */
export function Elapsed({ since }: { since: string }) {
  const current = useNow();
  return <span className="num">{ticking(current - Date.parse(since))}</span>;
}

/** How long something took, or counting since it began. */
export function Took({
  startedAt,
  durationMs,
  live,
}: {
  startedAt: string | null;
  durationMs: number | null;
  live: boolean;
}) {
  if (live && startedAt) return <Elapsed since={startedAt} />;
  if (durationMs === null) return <span className="faint">—</span>;
  return <span className="num">{duration(durationMs)}</span>;
}
