/** What a stream is written to: a socket, the response of HTTP/2, or the body of a Fetch response. */
export interface Sink {
  /** Whether it is full, until it drains. */
  readonly writableNeedDrain: boolean;
  /** Bytes that it has not passed on yet. */
  readonly writableLength: number;
  write(bytes: Uint8Array): unknown;
  /** Calls `listener` when it has drained. */
  once(event: 'drain', listener: () => void): unknown;
  /** Cuts the stream. */
  destroy(): unknown;
}

/** What a sink calls. */
export interface SinkUser {
  /** Called when it is closed, by either side, and no more bytes will leave. */
  left(): void;
}
