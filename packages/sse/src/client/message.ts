/** One message of a stream. */
export interface SSEClientMessage {
  /** Event name; `message` for an unnamed event. */
  readonly event: string;
  /** The data as text. */
  readonly data: string;
  /** The last event id: the message's own, or that of the newest message that had one; '' before there was one. */
  readonly id: string;
  /** The channel that the message belongs to, on a stream of several channels. */
  readonly channel?: string;
}

/**
 * The state of a client. `connecting`: also in the pause before the next try. `following`: another tab holds the open
 * connection and passes its messages on.
 */
export type SSEClientState = 'connecting' | 'open' | 'following' | 'closed';

/**
 * Why a client is closed. `caller`: by `close()`. `aborted`: by its `signal`. `ended`: the server sent status 204.
 * `refused`: the server sent a refusal that is not tried again.
 */
export type SSEClientEnd = 'caller' | 'aborted' | 'ended' | 'refused';

/** Why a request brought no stream. */
export interface SSERefusal {
  /** The HTTP status; 0 when there was no response; 200 when the response is not an event stream. */
  readonly status: number;
  /** The server's stable name of the reason: `code` of a JSON body, or a body that is one word in capitals. */
  readonly code?: string;
  /** The first 16 KiB of the body, as text. */
  readonly body: string;
  /** Delay in ms that the server asks for by `Retry-After`. */
  readonly retryAfterMs?: number;
  /** Why there was no response, if so. Tabs that follow do not receive it. */
  readonly error?: unknown;
}

/** What the client had to leave out; docs/client.md says what to do. */
export type SSEClientErrorCode = 'STREAM_EVENT_TOO_LARGE' | 'STREAM_ID_NOT_SENT';

/** Says what the client had to leave out of a stream that goes on. */
export class SSEClientError extends Error {
  override readonly name = 'SSEClientError';
  /** Stable name of the reason. */
  readonly code: SSEClientErrorCode;

  constructor(code: SSEClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
