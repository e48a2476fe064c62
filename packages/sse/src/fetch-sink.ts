import type { Sink, SinkUser } from './sink.ts';

/** Bytes that a body holds before its reader has to read; as much as a socket of Node. */
const highWaterMark = 64 * 1024;

/** The body of a Fetch response. */
export class FetchSink implements Sink {
  /** Hands out shared bytes, which its reader must not change. */
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #user: SinkUser | undefined;
  #onDrain: (() => void) | undefined;
  #signal: AbortSignal | undefined;
  #isEnding = false;
  #isOver = false;

  constructor() {
    // Not a stream of type `bytes`, which would take the shared bytes away from all others.
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#onRead(),
        cancel: () => this.#leave(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark }),
    );
  }

  get writableLength(): number {
    return highWaterMark - this.#room;
  }

  get writableNeedDrain(): boolean {
    return this.#room <= 0;
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOver) this.#controller?.enqueue(bytes);
  }

  once(_event: 'drain', listener: () => void): void {
    this.#onDrain = listener;
  }

  /** Ends the body when everything has been read. */
  end(): void {
    this.#isEnding = true;
    this.#onRead();
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#controller?.error(new DOMException('The stream was cut.', 'AbortError'));
    this.#leave();
  }

  /** Calls `user` from now on. When the request is aborted, its reader has left. */
  serve(user: SinkUser, signal: AbortSignal | undefined): void {
    this.#user = user;
    if (signal?.aborted) {
      this.#onAbort();
      return;
    }
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    // Nobody is left who could read an error, and Deno would log it.
    if (!this.#isOver) this.#controller?.close();
    this.#leave();
  };

  get #room(): number {
    return this.#controller?.desiredSize ?? 0;
  }

  #onRead(): void {
    if (this.#isOver) return;
    if (!this.#isEnding) {
      if (this.writableNeedDrain) return;
      const onDrain = this.#onDrain;
      this.#onDrain = undefined;
      onDrain?.();
    } else if (this.writableLength === 0) {
      this.#controller?.close();
      this.#leave();
    }
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#user?.left();
  }
}
