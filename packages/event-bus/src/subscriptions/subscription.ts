import type { BusEvent } from '../event.ts';

/** A handler that is connected to a bus. */
export interface Subscription {
  /** The topic or pattern of the subscription. */
  readonly pattern: string;
  /** The group that shares the events, if any. */
  readonly group: string | undefined;
  /** Resolves when every later event will come. Rejects with `BUS_CLOSED` when the subscription is closed before. */
  readonly ready: Promise<void>;
  /**
   * Closes the subscription: the handler is not called again. Resolves when the running calls have ended, at the latest
   * after `drainMs` (default 10,000). A group gets back what was not acknowledged.
   */
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Settings of `close`. */
export interface CloseOptions {
  /** Longest wait for handlers that run, in milliseconds. Default 10,000. */
  readonly drainMs?: number;
}

/** A handler, without the types of its events. */
export type Handler = (event: BusEvent) => unknown;

/** Called with every failure of a subscription. */
export type Report = (error: unknown, event: BusEvent | undefined, subscription: Subscription) => void;

/** Default of `drainMs`. */
export const defaultDrainMs = 10_000;

/** Returns whether a handler returned a promise. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
