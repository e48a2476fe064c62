import { assertCount, assertShare, withDefaults } from '../check.ts';

/** When and how often a failed delivery is tried again. */
export interface RetryOptions {
  /**
   * Most deliveries of an event, crashes included. After that, the event becomes a dead letter. Default 3; at least 1.
   */
  readonly attempts: number;
  /** Wait before the second attempt, in milliseconds. Doubles with each further attempt. Default 1,000; at least 1. */
  readonly minDelayMs: number;
  /**
   * Longest wait between attempts, without the jitter, in milliseconds. Default 60,000, or `minDelayMs` if that is
   * longer.
   */
  readonly maxDelayMs: number;
  /**
   * Largest share of a wait that is added to it at random, so that events that failed together do not come back
   * together: from 0 to 1, default 0.1. The wait after attempt `n` is `min(minDelayMs * 2 ** (n - 1), maxDelayMs) * (1
   * + random * jitter)`.
   */
  readonly jitter: number;
}

const defaults: RetryOptions = { attempts: 3, minDelayMs: 1_000, maxDelayMs: 60_000, jitter: 0.1 };

/**
 * Completes retry options.
 * @throws {TypeError} when one is not a number.
 * @throws {RangeError} when one is out of its range, or `minDelayMs` is above `maxDelayMs`.
 */
export function retryOptionsOf(options: Partial<RetryOptions>, base: RetryOptions = defaults): RetryOptions {
  const retry = withDefaults(options, base);
  assertCount('retry.attempts', retry.attempts);
  assertCount('retry.minDelayMs', retry.minDelayMs);
  const { maxDelayMs = Math.max(retry.minDelayMs, base.maxDelayMs) } = options;
  assertCount('retry.maxDelayMs', maxDelayMs);
  assertShare('retry.jitter', retry.jitter);
  if (retry.minDelayMs > maxDelayMs) {
    throw new RangeError(`retry.minDelayMs must be at most retry.maxDelayMs (${maxDelayMs}), got ${retry.minDelayMs}`);
  }
  return { ...retry, maxDelayMs };
}

/** The wait after an attempt, in milliseconds. */
export function waitAfter(attempt: number, { minDelayMs, maxDelayMs, jitter }: RetryOptions): number {
  return Math.min(minDelayMs * 2 ** (attempt - 1), maxDelayMs) * (1 + Math.random() * jitter);
}

/** Returns the reason for a failed delivery, in at most 500 characters. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 500);
}

/** Wait before a request to the store is repeated, in milliseconds. */
export const storeRetryMs = 250;
