import type { Sink } from './sink.ts';

/**
 * Bytes handed to the socket at once. A large frame goes out in views of its shared bytes, so that a client that stops
 * reading holds a slice instead of a frame, and every slice taken counts as progress.
 */
const sliceBytes = 256 * 1024;

/** What an outlet calls. */
interface OutletUser {
  readonly port: { onBytes(bytes: number): void };
  /** More may be written. */
  pump(): void;
}

/** The way out to one client: writes frames in slices and knows what was taken. */
export class Outlet {
  readonly #sink: Sink;
  readonly #user: OutletUser;
  /** What is left of a large frame. */
  #rest: Buffer | undefined;
  #isListening = false;
  #written = 0;
  #taken = 0;
  #lastActivity = Date.now();
  /** Whole monotonic ms of the last progress, and of the last write: a fraction would cost an object of its own. */
  #progressAt = Math.floor(performance.now());
  #wroteAt = this.#progressAt;

  constructor(sink: Sink, user: OutletUser) {
    this.#sink = sink;
    this.#user = user;
  }

  /** Whether a frame may be written now. */
  get isFree(): boolean {
    return this.#rest === undefined && !this.#sink.writableNeedDrain;
  }

  /** Whether the socket is full; it emits `drain` when it is not any more. */
  get isFull(): boolean {
    return this.#sink.writableNeedDrain;
  }

  /** Bytes that the socket has not taken yet. */
  get waiting(): number {
    return this.#sink.writableLength;
  }

  /** Epoch ms of the last progress. */
  get lastActivity(): number {
    this.noteProgress(performance.now());
    return this.#lastActivity;
  }

  /** Ms since something was written. */
  silence(now: number): number {
    return now - this.#wroteAt;
  }

  /** Ms since something was taken. */
  stalled(now: number): number {
    return now - this.#progressAt;
  }

  write(frame: Buffer): void {
    let rest = frame;
    do {
      const part = rest.length > sliceBytes ? rest.subarray(0, sliceBytes) : rest;
      rest = rest.subarray(part.length);
      this.#sink.write(part);
      this.#written += part.length;
      this.#user.port.onBytes(part.length);
    } while (rest.length > 0 && !this.#sink.writableNeedDrain);
    this.#rest = rest.length > 0 ? rest : undefined;
    this.#wroteAt = Math.floor(performance.now());
    if (this.#sink.writableLength === 0) this.noteProgress(this.#wroteAt);
    this.#listen();
  }

  /** Goes on with a large frame. @returns false when there is none. */
  writeRest(): boolean {
    const rest = this.#rest;
    if (rest) this.write(rest);
    return rest !== undefined;
  }

  /**
   * Hands over the rest of a large frame and the last frames, whether the socket is full or not: they leave or are cut.
   */
  finish(frames: readonly Buffer[]): void {
    for (const frame of this.#rest ? [this.#rest, ...frames] : frames) {
      this.#sink.write(frame);
      this.#user.port.onBytes(frame.length);
    }
    this.#rest = undefined;
  }

  /** Listens for the drain only while the socket is full: an idle stream pays for each listener with memory. */
  #listen(): void {
    if (this.#isListening || !this.#sink.writableNeedDrain) return;
    this.#isListening = true;
    this.#sink.once('drain', () => {
      this.#isListening = false;
      this.#user.pump();
      this.#listen();
    });
  }

  noteProgress(now: number): void {
    const taken = this.#written - this.#sink.writableLength;
    if (taken <= this.#taken) return;
    this.#taken = taken;
    this.#progressAt = Math.floor(now);
    this.#lastActivity = Date.now();
  }

  /** Cuts the stream. */
  destroy(): void {
    this.#rest = undefined;
    this.#sink.destroy();
  }
}
