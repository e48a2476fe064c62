/** Longest wait of one timer of the runtime. A longer one would end at once. */
const maxTimerMs = 2 ** 31 - 1;

/** A running timer. */
export interface Timer {
  stop(): void;
}

/** Calls `onEnd` after `ms`, which may be longer than one timer can wait; never after `Infinity`. */
export function startTimer(ms: number, onEnd: () => void): Timer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (left: number): void => {
    if (left === Number.POSITIVE_INFINITY) {
      return;
    }
    const part = Math.min(left, maxTimerMs);
    timer = setTimeout(() => (left > part ? wait(left - part) : onEnd()), part);
  };
  wait(ms);
  return { stop: () => clearTimeout(timer) };
}

/** Waits. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void startTimer(ms, resolve));
}

/** Waits for `promise`, but at most `ms`. */
export async function waitAtMost(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: Timer | undefined;
  const late = new Promise<void>((resolve) => {
    timer = startTimer(ms, resolve);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    timer?.stop();
  }
}

/**
 * Milliseconds since 1970 by a clock that never jumps: the wall clock at the start plus the time that has passed since.
 */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}
