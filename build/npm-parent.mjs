// @ts-check
/**
 * What npm leaves to its scripts: asked to end, it ends the shell between itself and the script, and the script is not
 * told. It then has a new parent, which is the sign to look for. Windows has no such sign.
 */

const LOOK_EVERY_MS = 250;

/** @param {() => void} end called once when npm is gone; never when npm did not start this process */
export function whenNpmEnds(end) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, LOOK_EVERY_MS);
  timer.unref();
}
