import type { Subscription } from './subscription.ts';

/** Settings of a following. */
export interface FollowOptions {
  /** Ends the following. */
  readonly signal?: AbortSignal;
}

/** Settings of one key of a following. */
export interface FollowKeyOptions {
  /** Where to start: with the next event, after an event's id, or with the oldest of the key. Default `new`. */
  readonly from?: 'new' | 'earliest' | (string & {});
  /** What `followers` returns of this key to everybody, as JSON of at most `maxPayloadBytes`. Default undefined. */
  readonly note?: unknown;
}

/** The events of some keys, which may come and go. */
export interface Following extends Subscription {
  /**
   * Brings the events of a key from now on; settles when nothing that is published after that can be missed, and waits
   * while the store is away. With `from` the stored events of the key after it come first, in order, without gap or
   * double. A key that is followed already gets the new `note` and keeps its place. Costs one script on Redis.
   * @throws {BusError} `BUS_CLOSED` when the following is or gets closed, `BUS_TOPIC_TOO_LONG`,
   * `BUS_PAYLOAD_TOO_LARGE` for the note.
   * @throws {TypeError} when `from` is no event id or the note is no JSON.
   */
  add(key: string, options?: FollowKeyOptions): Promise<void>;
  /** Brings no more events of the key, at once; settles when the store knows. */
  delete(key: string): Promise<void>;
  /** True for a key that is followed now. */
  has(key: string): boolean;
  /** Number of keys that are followed now. */
  readonly size: number;
}
