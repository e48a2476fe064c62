import { longestTimerMs } from './check.ts';

/** Waits for a promise. @returns false when it has not settled after `ms`, which may be any number. */
export async function settlesWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  if (ms === Number.POSITIVE_INFINITY) return promise.then(() => true);
  const { promise: late, resolve } = Promise.withResolvers<false>();
  let timer: NodeJS.Timeout | undefined;
  const arm = (left: number): void => {
    timer = setTimeout(
      () => (left > longestTimerMs ? arm(left - longestTimerMs) : resolve(false)),
      Math.min(left, longestTimerMs),
    );
  };
  arm(ms);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
