import { checkId, checkObject, checkText, isThenable } from './check.ts';
import { encodeData, eventLine, idLine, retryLine } from './encode.ts';
import type { AnyMessage } from './message.ts';

/** The frame of a message whose data is a promise that has not settled. */
export class PendingFrame {
  /** Settles, never rejects: false when the data could not be made. */
  readonly settled: Promise<boolean>;
  /** Why the data could not be made; the first one to report it clears it. */
  error: unknown;

  constructor(data: PromiseLike<unknown>, onData: (data: unknown) => void, onFailed: () => void) {
    this.settled = Promise.resolve(data)
      .then(onData)
      .then(
        () => true,
        (error: unknown) => {
          this.error = error ?? new Error('The data of a message could not be made.');
          onFailed();
          return false;
        },
      );
  }
}

/** What an entry has for a variant: its bytes, nothing, or bytes that are being made. */
type Frame = Buffer | PendingFrame | undefined;

/**
 * One message of a channel: encoded once, the same bytes for everyone. Data that a function makes is encoded once per
 * variant, when a variant needs it; all other data when the message is made, so that later changes of it have no
 * effect.
 */
export class Entry {
  readonly seq: number;
  /** Absent for a message that is not replayed. */
  readonly id: string | undefined;
  /** Monotonic ms. */
  readonly at: number;
  /** Length in bytes of the line with the id, with which each frame begins. */
  readonly idBytes: number;
  readonly #head: string;
  readonly #make: ((variant: string) => unknown) | undefined;
  /** The one frame of data that is the same for all variants. */
  readonly #frame: Buffer | undefined;
  readonly #frames: Map<string, Frame> | undefined;
  readonly #onEncoded: (bytes: number) => void;
  #bytes = 0;

  /** @throws {TypeError} when a field cannot be sent. */
  constructor(
    seq: number,
    id: string | undefined,
    { data, event, retry }: AnyMessage,
    at: number,
    onEncoded: (bytes: number) => void,
  ) {
    this.seq = seq;
    this.id = id;
    this.at = at;
    this.#onEncoded = onEncoded;
    const first = idLine(id);
    this.idBytes = Buffer.byteLength(first);
    this.#head = `${first}${retryLine(retry)}${eventLine(event)}`;
    if (typeof data === 'function') {
      this.#make = data as (variant: string) => unknown;
      this.#frames = new Map();
    } else {
      this.#frame = encodeData(this.#head, data);
      this.#bytes = this.#frame.length;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The frame of a variant; `undefined` when the variant gets nothing. */
  frame(variant: string): Frame {
    if (!this.#make || !this.#frames) return this.#frame;
    const frames = this.#frames;
    const known = frames.get(variant);
    if (known !== undefined || frames.has(variant)) return known;
    const made = this.#make(variant);
    if (!isThenable(made)) return this.#keep(frames, variant, made);
    const pending: PendingFrame = new PendingFrame(
      made,
      (settled) => {
        if (frames.get(variant) === pending) this.#keep(frames, variant, settled);
      },
      // The next connection that needs the frame tries again.
      () => {
        if (frames.get(variant) === pending) frames.delete(variant);
      },
    );
    frames.set(variant, pending);
    return pending;
  }

  /** Lets go of the frame of a variant where it can be made again. */
  drop(variant: string): void {
    const frame = this.#frames?.get(variant);
    this.#frames?.delete(variant);
    if (frame instanceof Buffer) this.#count(-frame.length);
  }

  #keep(frames: Map<string, Frame>, variant: string, data: unknown): Buffer | undefined {
    const frame = data === undefined ? undefined : encodeData(this.#head, data);
    frames.set(variant, frame);
    this.#count(frame?.length ?? 0);
    return frame;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#onEncoded(bytes);
  }
}

/**
 * Checks what encoding does not. The id is checked even where it is not sent, as in a message that is not replayed.
 * @throws {TypeError} when a field has the wrong type, or a client could not send the id back unchanged.
 * @throws {RangeError} when the id is empty or too long.
 */
export function checkMessage(message: AnyMessage): void {
  checkObject('message', message);
  const { id, event, history } = message;
  if (id !== undefined) checkId(id);
  if (event !== undefined) checkText('event', event);
  if (history !== undefined && typeof history !== 'boolean') {
    throw new TypeError(`history must be true or false: ${String(history)}`);
  }
}
