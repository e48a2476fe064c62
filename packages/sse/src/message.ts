/** Event names and the type of their data; `message` is the unnamed event that `onmessage` receives. */
export type SSEEvents = Readonly<Record<string, object | string | number | boolean | null>>;

/** What a message carries: text and bytes (UTF-8) go out as they are, anything else as JSON. */
export type SSEData<Data> = Data | string | Uint8Array;

/**
 * Data, or a function that makes it for each variant in use: at once for variants that have a listener, later for a
 * variant that is replayed. `undefined` means that this variant gets nothing. The result is kept while the variant has
 * a listener, so the function runs once per variant in that time.
 *
 * Where it returns a promise, the streams of that variant wait there, in order, and the others go on. A promise that is
 * rejected, or takes longer than `waitMs`, leaves a gap (the `reset` hook); after a rejection, the function runs again
 * for a later replay.
 */
export type SSEPayload<Data> =
  | SSEData<Data>
  | ((variant: string) => SSEData<Data> | undefined | Promise<SSEData<Data> | undefined>);

/** A message without the types of its events. */
export interface AnyMessage {
  readonly data: unknown;
  readonly event?: string;
  readonly retry?: number;
  readonly id?: string;
  readonly history?: boolean;
}

interface MessageFields<Data> {
  /** The data, or a function of the variant. Line breaks of any kind arrive as LF, as the format requires. */
  readonly data: SSEPayload<Data>;
  /** Reconnection delay that the client should use from now on, in whole ms, 0 to 2^31 - 1. */
  readonly retry?: number;
  /**
   * The id, unique in its channel: 1-256 bytes of UTF-8 without control characters, and without a space at either end.
   * Default: the hub's own, `<epoch>-<seq>`.
   */
  readonly id?: string;
  /**
   * Whether later connections may get the message by replay. Default true. A message that is not replayed has no id.
   */
  readonly history?: boolean;
}

/** A message for the listeners of a channel, typed by the map of events. */
export type SSEMessage<Events extends object = SSEEvents> = {
  [Name in keyof Events & string]: MessageFields<Events[Name]> &
    ('message' extends Name ? { readonly event?: Name } : { readonly event: Name });
}[keyof Events & string];

/**
 * A message that a hook builds for one moment: greeting, heartbeat, reset, farewell. It has no id and is never
 * replayed.
 */
export interface SSEControlMessage {
  /** The data: text and bytes as they are, anything else as JSON. */
  readonly data: unknown;
  /** Event name. Default: unnamed. */
  readonly event?: string;
}
