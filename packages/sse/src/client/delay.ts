/** Longest delay in ms that a caller or a server can ask for: a year. */
export const longestDelayMs: number = 365 * 86_400_000;

const longestTimerMs = 2 ** 31 - 1;

/**
 * Calls `run` once after `ms`, which may be more than the 2^31 - 1 ms that a timer takes.
 * @returns a function that cancels it.
 */
export function after(ms: number, run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number): void => {
    timer =
      left > longestTimerMs ? setTimeout(() => wait(left - longestTimerMs), longestTimerMs) : setTimeout(run, left);
  };
  wait(ms);
  return () => clearTimeout(timer);
}

/** What decides when to try again. All times in ms. */
export interface RetryFacts {
  readonly minMs: number;
  readonly maxMs: number;
  /** Tries in a row that brought no message; 0 after a stream that brought one. */
  readonly tries: number;
  /** The last `retry:` of the server. */
  readonly retryMs: number | undefined;
  /** `Retry-After` of the refusal. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Delay in ms before the next try. After a stream that brought a message: the server's `retry:`. Else: a little more
 * than `Retry-After`, or at random up to a limit that doubles with every try.
 */
export function retryDelay({ minMs, maxMs, tries, retryMs, retryAfterMs }: RetryFacts): number {
  if (tries === 0 && retryMs !== undefined) return retryMs;
  const shortest = Math.max(minMs, retryMs ?? 0);
  const longest = Math.max(shortest, Math.min(maxMs, shortest * 2 ** (tries + 1)));
  const random = Math.random();
  // Those who were refused together do not come back together.
  if (retryAfterMs !== undefined && retryAfterMs >= shortest) return retryAfterMs + random * minMs;
  return shortest + random * (longest - shortest);
}

/** Reads `Retry-After`, seconds or a date, in ms. @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
export function readRetryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  // A date begins with its weekday, which Date.parse does not insist on.
  if (!/^[a-z]/i.test(value)) return undefined;
  const ms = Date.parse(value) - (Date.parse(headers.get('date') ?? '') || Date.now());
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
