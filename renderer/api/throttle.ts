/** Calls at once, then at most once in `ms` milliseconds, and always once more after the last request. */
export function throttled(ms: number, action: () => void): { request(): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;
  function run(): void {
    again = false;
    action();
    timer = setTimeout(() => {
      timer = undefined;
      if (again) run();
    }, ms);
  }
  return {
    request() {
      if (timer === undefined) run();
      else again = true;
    },
    stop: () => clearTimeout(timer),
  };
}
