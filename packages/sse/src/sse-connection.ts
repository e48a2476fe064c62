import type { SSEEvents, SSEMessage } from './message.ts';

/** What a connection's first message can say about the past; see {@link SSEConnection.resumed}. */
export type SSEResumed = 'fresh' | 'replayed' | 'truncated';

/** One open stream. */
export interface SSEConnection<Events extends object = SSEEvents> {
  /** Name of the client, unique among open connections. */
  readonly clientId: string;
  /** Proves to `connect` that the client owns `clientId`: give it to this client and to nobody else. */
  readonly resumeKey: string;
  /** The channel that it listens to; the first one if there are several. */
  readonly channel: string;
  /** All channels that it listens to. */
  readonly channels: readonly string[];
  /** Which form of each message it gets; '' unless `connect` named one. */
  readonly variant: string;
  /** Peer address that it counts for in `maxPerAddress`; undefined when `connect` named none. */
  readonly address: string | undefined;
  /** When it was opened, in epoch ms. */
  readonly connectedAt: number;
  /** When the client last took everything that was written to it, or a part of a large message, in epoch ms. */
  readonly lastActivity: number;
  /**
   * `fresh`: it named no id; `replayed`: everything since its last event id follows; `truncated`: some of that is gone.
   * For several channels, the worst that is true of one; channels that the id does not name do not count.
   */
  readonly resumed: SSEResumed;
  /** Messages that are gone for good, in all channels; 0 where the number is not known. */
  readonly missed: number;
  /** What the caller of `connect` gave as `state`. */
  readonly state: unknown;
  /** Settles with the reason when the stream is over. */
  readonly closed: Promise<string>;
  /**
   * Sends a message to this client alone, without an id. It goes ahead of channel messages that wait for a slow client.
   * @returns false when the stream is closed, the message has nothing for its variant, or it was dropped because the
   * byte limit is reached.
   * @throws {TypeError} when the message cannot be sent, as `broadcast` does.
   * @throws {RangeError} when its `id` or `retry` is out of range.
   */
  send(message: SSEMessage<Events>): boolean;
  /**
   * Sends the last message (the `disconnected` hook) and ends the stream. Closing again does nothing.
   * @throws {TypeError} when `reason` is not text.
   */
  close(reason: string): void;
}
