/** Event names and the type of their data; `message` is the unnamed event that `onmessage` receives. */
export type SSEEvents = Readonly<Record<string, object | string | number | boolean | null>>;

/** What a message carries: text and bytes (UTF-8) go out as they are, anything else as JSON. */
export type SSEData<Data> = Data | string | Uint8Array;

/**
 * Data, or a function that makes it for each variant in use: at once for variants that have a listener, later for a variant
 * that is replayed. `undefined` means that this variant gets nothing. What it made is kept while the variant has a
 * listener, so until then the function runs once per variant.
 *
 * Where it returns a promise, the streams of that variant wait there, in order, and the others go on. One that is rejected
 * leaves a gap (the `reset` hook), and the function runs again for a later replay.
 */
export type SSEPayload<Data> =
  | SSEData<Data>
  | ((variant: string) => SSEData<Data> | undefined | Promise<SSEData<Data> | undefined>);

/** A message whose map of events does not matter. */
export interface AnyMessage {
  readonly data: unknown;
  readonly event?: string;
  readonly retry?: number;
  readonly id?: string;
  readonly history?: boolean;
}

interface MessageFields<Data> {
  /** The data, or a function of the variant. Line breaks of any kind arrive as LF, as the format has it. */
  readonly data: SSEPayload<Data>;
  /** Reconnection delay that the client should use from now on, in whole ms. */
  readonly retry?: number;
  /** The id, unique in its channel and free of CR, LF and NUL. Default: the hub's own, `<epoch>-<seq>`. */
  readonly id?: string;
  /** Whether later connections may get it by replay. Default true. A message that is not replayed has no id. */
  readonly history?: boolean;
}

/** A message for the listeners of a channel, typed by the map of events. */
export type SSEMessage<Events extends object = SSEEvents> = {
  [Name in keyof Events & string]: MessageFields<Events[Name]> &
    ('message' extends Name ? { readonly event?: Name } : { readonly event: Name });
}[keyof Events & string];

/** A message that a hook builds for one moment: greeting, heartbeat, reset, farewell. It has no id and is never replayed. */
export interface SSEControlMessage {
  /** The data: text and bytes as they are, anything else as JSON. */
  readonly data: unknown;
  /** Event name. Default: unnamed. */
  readonly event?: string;
}
