import type { SSEEvents, SSEMessage } from './message.ts';

/** What a connection's first message can say about the past. */
export type SSEResumed = 'fresh' | 'replayed' | 'truncated';

/** One open stream. */
export interface SSEConnection<Events extends object = SSEEvents> {
  /** Name of the client, unique among open connections. */
  readonly clientId: string;
  /** Proves the ownership of `clientId` to `connect`: give it to this client and to nobody else. */
  readonly resumeKey: string;
  /** The channel it listens to; of several, the first. */
  readonly channel: string;
  /** All channels it listens to. */
  readonly channels: readonly string[];
  /** Which form of each message it gets; '' unless `connect` named one. */
  readonly variant: string;
  /** Peer address that its limits count for; undefined when `connect` named none. */
  readonly address: string | undefined;
  /** When it was opened, in epoch ms. */
  readonly connectedAt: number;
  /** When the client last took everything that was written to it, or a part of a large message, in epoch ms. */
  readonly lastActivity: number;
  /**
   * `replayed`: all since its last event id follows; `truncated`: some of that is gone; `fresh`: it named no id. For several
   * channels, the worst that is true of one, where a channel that the id does not name has no say.
   */
  readonly resumed: SSEResumed;
  /** Messages that are gone for good, in all channels, where known, else 0. */
  readonly missed: number;
  /** What the caller of `connect` gave as `state`. */
  readonly state: unknown;
  /** Settles with the reason when the stream is over. */
  readonly closed: Promise<string>;
  /**
   * Sends a message to this client alone, without an id. It goes ahead of channel messages that wait for a slow client.
   * @returns false when the stream is closed, or its byte limit is reached and the message was dropped.
   */
  send(message: SSEMessage<Events>): boolean;
  /** Says goodbye and ends the stream. Closing again does nothing. */
  close(reason: string): void;
}
