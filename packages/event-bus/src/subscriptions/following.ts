import type { Subscription } from './subscription.ts';

/** Settings of `follow`. */
export interface FollowOptions {
  /** Ends the following. */
  readonly signal?: AbortSignal;
  /** Longest time of one handler call, in milliseconds, at least 1, as in `SubscribeOptions`. Default: no limit. */
  readonly timeoutMs?: number;
}

/** Settings of one key of a following. */
export interface FollowKeyOptions {
  /**
   * Where to start: with the next event (`new`), with the oldest event of the key (`earliest`), or after the event with
   * this id. Default `new`.
   */
  readonly from?: 'new' | 'earliest' | (string & {});
  /** What `followers` returns for this following, as JSON of at most `maxPayloadBytes`. Default undefined. */
  readonly note?: unknown;
}

/** A subscription to the events of some keys, which may come and go. */
export interface Following extends Subscription {
  /**
   * Follows a key from now on. Resolves when no later event of the key can be missed, and waits while the store cannot
   * be reached. With `from`, the stored events of the key come first, in order, without gaps or duplicates. A key that
   * is already followed gets the new `note` and keeps its place. Costs one script on Redis.
   * @throws {BusError} `BUS_CLOSED` when the following is closed, also during the wait; `BUS_TOPIC_TOO_LONG` for the
   * key; `BUS_PAYLOAD_TOO_LARGE` for the note.
   * @throws {TypeError} when `key` is not a string, `from` is not an event id, or the note is not JSON.
   */
  add(key: string, options?: FollowKeyOptions): Promise<void>;
  /** Stops following a key. None of its events come from now on. Resolves when the store has noted it. */
  delete(key: string): Promise<void>;
  /** Returns whether a key is followed now. */
  has(key: string): boolean;
  /** Number of keys that are followed now. */
  readonly size: number;
}
