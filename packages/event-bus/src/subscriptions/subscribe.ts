import { assertCount, assertOptions, assertSignal, assertType, assertWait, nameOf, withDefaults } from '../check.ts';
import { parseId } from '../envelope.ts';
import type { SubscribeOptions } from '../options.ts';
import { assertPattern } from '../topic.ts';
import { type RetryOptions, retryOptionsOf } from './retry.ts';

/** Checked options of a subscription. */
export interface CheckedSubscribe {
  readonly signal: AbortSignal | undefined;
  readonly group: string | undefined;
  /** Where to start: `new`, or after an id. The id 0 without an epoch is before the oldest event. */
  readonly from: 'new' | { readonly seq: number; readonly epoch: string | undefined };
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly retry: RetryOptions;
  readonly isOwned: boolean;
  readonly onOwn: SubscribeOptions['onOwn'];
  readonly onLose: SubscribeOptions['onLose'];
  readonly maxKeys: number;
}

/** Most keys that an owner keeps by default. */
const defaultMaxKeys = 10_000;

/** Defaults of the bus for its subscriptions. */
interface Base {
  readonly retry: RetryOptions;
  readonly maxBacklog: number;
}

/** Checks the arguments of `subscribe`, `events` and `follow`. */
export function checkSubscribe(
  pattern: string,
  handler: unknown,
  given: SubscribeOptions,
  base: Base,
): CheckedSubscribe {
  assertPattern(pattern);
  assertType('handler', handler, 'function');
  assertOptions('options', given);
  const { group, keys = 'ordered', from = 'new', signal, onOwn, onLose, maxKeys, retry } = given;
  if (keys !== 'ordered' && keys !== 'owned') {
    throw new TypeError(`keys must be 'ordered' or 'owned', got ${String(keys)}`);
  }
  const isOwned = keys === 'owned';
  const { concurrency, timeoutMs } = withDefaults(given, {
    concurrency: isOwned ? base.maxBacklog : 1,
    timeoutMs: Number.POSITIVE_INFINITY,
  });
  assertSignal(signal);
  assertCount('concurrency', concurrency);
  assertWait('timeoutMs', timeoutMs, 1);
  if (maxKeys !== undefined) assertCount('maxKeys', maxKeys);
  if (onOwn !== undefined) assertType('onOwn', onOwn, 'function');
  if (onLose !== undefined) assertType('onLose', onLose, 'function');
  if (!isOwned && (onOwn || onLose)) {
    throw new TypeError("onOwn and onLose need keys: 'owned': without it, keys have no owner");
  }
  if (!isOwned && maxKeys !== undefined) {
    throw new TypeError("maxKeys needs keys: 'owned': without it, keys are not kept");
  }
  if (isOwned && group === undefined) {
    throw new TypeError("keys: 'owned' needs a group, whose subscriptions share the keys");
  }
  if (group === undefined && retry !== undefined) {
    throw new TypeError('retry needs a group: without it, an event comes once');
  }
  if (group === '') throw new TypeError('group must not be empty');
  if (retry !== undefined) assertOptions('retry', retry);
  return {
    signal,
    group,
    from: startOf(from),
    concurrency,
    timeoutMs,
    retry: retry === undefined ? base.retry : retryOptionsOf(retry, base.retry),
    isOwned,
    onOwn,
    onLose,
    maxKeys: maxKeys ?? defaultMaxKeys,
  };
}

/** @throws {TypeError} when `from` is not `new`, `earliest` or an event id. */
function startOf(from: string): CheckedSubscribe['from'] {
  if (typeof from !== 'string') throw new TypeError(`from must be a string, got ${nameOf(from)}`);
  return from === 'new' ? 'new' : from === 'earliest' ? { seq: 0, epoch: undefined } : parseId(from);
}
