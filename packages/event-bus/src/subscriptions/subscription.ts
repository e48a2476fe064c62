import type { BusEvent } from '../event.ts';

/** A handler's place on a bus. */
export interface Subscription {
  /** The topic or pattern it was made with. */
  readonly pattern: string;
  /** The group it shares its events with, if any. */
  readonly group: string | undefined;
  /** Settles when events that are published from now on will come; rejects with `BUS_CLOSED` when closed before. */
  readonly ready: Promise<void>;
  /**
   * Ends it: no new call of the handler; settles when running calls have ended, at the latest after `drainMs`
   * (default 10,000). A group gets back what was not acknowledged.
   */
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How to end. */
export interface CloseOptions {
  /** Longest wait for handlers that run, in milliseconds. Default 10,000. */
  readonly drainMs?: number;
}

/** A handler as the inside sees it. */
export type Handler = (event: BusEvent) => unknown;

/** Hears of every failure that concerns a subscription. */
export type Report = (error: unknown, event: BusEvent | undefined, subscription: Subscription) => void;

/** Default of `drainMs`. */
export const defaultDrainMs = 10_000;

/** True where a handler's answer has to be waited for. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** Waits for `promise`, but not longer than `ms`. */
export async function waitAtMost(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
