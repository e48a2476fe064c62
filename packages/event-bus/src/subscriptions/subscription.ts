import { assertOptions, assertWait } from '../check.ts';
import { BusError } from '../errors.ts';
import type { BusEvent } from '../event.ts';
import type { HandlerContext } from './calls.ts';

/** A handler that is connected to a bus. */
export interface Subscription {
  /** The topic or pattern of the subscription. */
  readonly pattern: string;
  /** The group that shares the events, if any. */
  readonly group: string | undefined;
  /**
   * Resolves when no later event can be missed. Rejects with `BUS_CLOSED` when the subscription is closed before that.
   */
  readonly ready: Promise<void>;
  /**
   * Closes the subscription: the handler is not called again. Resolves when the running calls have ended, or after
   * `drainMs` (default 10,000). A group gets back what was not acknowledged. Inside the handler, it resolves when the
   * other calls have ended, and the subscription closes when this one has too.
   * @throws {TypeError} when `drainMs` is not a number.
   * @throws {RangeError} when `drainMs` is below 0 or NaN.
   */
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Settings of `close`. */
export interface CloseOptions {
  /**
   * Longest wait for running handlers, in milliseconds, 0 or more; `Infinity` waits for all of them. Default 10,000.
   */
  readonly drainMs?: number;
}

/** A handler, without the types of its events. */
export type Handler = (event: BusEvent, context: HandlerContext) => unknown;

/** Called with every failure of a subscription. */
export type Report = (error: unknown, event: BusEvent | undefined, subscription: Subscription) => void;

/** Reads the options of `close`. */
export function drainMsOf(options: CloseOptions | undefined): number {
  assertOptions('options', options ?? {});
  const { drainMs = 10_000 } = options ?? {};
  assertWait('drainMs', drainMs);
  return drainMs;
}

/** Returns whether a handler returned a promise. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** Makes the error of `ready` for a subscription that was closed too early. */
export function closedBeforeReady({ pattern }: Subscription): BusError {
  return new BusError('BUS_CLOSED', `subscription to ${pattern} was closed before it was ready`);
}

/** Names the lane of an event: the events of one topic and key, which keep their order. Undefined without a key. */
export function laneOf({
  topic,
  key,
}: {
  readonly topic: string;
  readonly key?: string | undefined;
}): string | undefined {
  return key === undefined ? undefined : `${topic}\u0000${key}`;
}
