/** Event names and the type of their data; `message` is the unnamed event that `onmessage` hears. */
export type SSEEvents = Readonly<Record<string, object | string | number | boolean | null>>;

/** What a message carries: text and bytes (UTF-8) go out as they are, anything else as JSON. */
export type SSEData<Data> = Data | string | Uint8Array;

/**
 * Data, or a function that makes it for each variant in use. The function runs at most once per variant,
 * at once for variants that somebody listens to, later for a variant that is replayed.
 * `undefined` means that this variant gets nothing.
 */
export type SSEPayload<Data> = SSEData<Data> | ((variant: string) => SSEData<Data> | undefined);

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
