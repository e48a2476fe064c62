const newline = 10;
const carriageReturn = 13;
const colon = 58;

/** The fields between two blank lines of a stream. */
export interface EventBlock {
  /** The event's name; `message` when it has none. */
  readonly event: string;
  /** The data, its lines joined by LF; undefined when there is none: such a block only moves the id. */
  readonly data: string | undefined;
  /** The id that the block sets, which may be ''; undefined when it sets none. */
  readonly id: string | undefined;
  /** The channel that the block names. */
  readonly channel: string | undefined;
  /** Whether its data was dropped because it is longer than the limit. */
  readonly isTooLarge: boolean;
}

/** Where a parser puts what it reads. */
export interface EventStreamSink {
  onBlock(block: EventBlock): void;
  onRetry(ms: number): void;
}

/**
 * Parses an event stream from bytes. Line ends are searched for in the bytes, which is safe in UTF-8, and each line is
 * decoded once, so a chunk may end anywhere.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStreamParser {
  readonly #sink: EventStreamSink;
  readonly #maxEventBytes: number;
  /** A byte order mark counts only at the start of the stream; everywhere else it is text. */
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #isFirstLine = true;
  /** Whether the last chunk ended with CR: an LF that follows belongs to it. */
  #endedWithCr = false;
  /** The parts of a line that is not over yet. */
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  /** Whether the line that is not over yet is longer than the limit, so that the rest of it is not kept. */
  #isLineDropped = false;
  /** Bytes of the `data` lines of the block. */
  #blockBytes = 0;
  #isTooLarge = false;
  #event = '';
  #data: string | undefined;
  #id: string | undefined;
  #channel: string | undefined;

  constructor(sink: EventStreamSink, maxEventBytes: number) {
    this.#sink = sink;
    this.#maxEventBytes = maxEventBytes;
  }

  /** Takes the next bytes of the stream. They are kept until their line is over: do not write to them. */
  push(chunk: Uint8Array): void {
    let start = this.#endedWithCr && chunk[0] === newline ? 1 : 0;
    if (chunk.length > 0) this.#endedWithCr = false;
    // Each search goes on where it ended, so that a chunk of many short lines is walked once.
    let lf = chunk.indexOf(newline, start);
    let cr = chunk.indexOf(carriageReturn, start);
    while (lf !== -1 || cr !== -1) {
      const end = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf;
      this.#endLine(chunk.subarray(start, end));
      start = end + 1;
      if (end === cr) {
        if (chunk[start] === newline) start++;
        else if (start === chunk.length) this.#endedWithCr = true;
        cr = chunk.indexOf(carriageReturn, start);
      }
      if (lf !== -1 && lf < start) lf = chunk.indexOf(newline, start);
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** Keeps the beginning of a line, as long as its block is within the limit. */
  #keep(part: Uint8Array): void {
    if (this.#isLineDropped) return;
    this.#parts.push(part);
    this.#partBytes += part.length;
    if (this.#blockBytes + this.#partBytes <= this.#maxEventBytes) return;
    this.#refuse(this.#parts[0]?.[0] === colon);
    this.#isLineDropped = true;
    this.#parts = [];
  }

  #endLine(rest: Uint8Array): void {
    if (this.#parts.length > 0) this.#keep(rest);
    if (this.#isLineDropped) {
      this.#isLineDropped = false;
      this.#isFirstLine = false;
      this.#partBytes = 0;
      return;
    }
    const line = this.#parts.length > 0 ? concat(this.#parts, this.#partBytes) : rest;
    this.#parts = [];
    this.#partBytes = 0;
    if (line.length === 0) this.#endBlock();
    else if (line[0] === colon) this.#isFirstLine = false;
    else this.#readField(line);
  }

  #readField(line: Uint8Array): void {
    if (this.#blockBytes + line.length > this.#maxEventBytes) {
      this.#refuse(false);
      return;
    }
    let text = this.#decoder.decode(line);
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
      if (text === '') this.#endBlock();
      if (text === '' || text.startsWith(':')) return;
    }
    const end = text.indexOf(':');
    const name = end === -1 ? text : text.slice(0, end);
    const value = end === -1 ? '' : text.slice(text[end + 1] === ' ' ? end + 2 : end + 1);
    if (name === 'data') {
      this.#blockBytes += line.length;
      if (!this.#isTooLarge) this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    } else if (name === 'event') this.#event = value;
    else if (name === 'id') {
      if (!value.includes('\0')) this.#id = value;
    } else if (name === 'channel') this.#channel = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.#sink.onRetry(Number(value));
  }

  /** Drops the data of the block, unless the line is a comment, which belongs to no block. */
  #refuse(isComment: boolean): void {
    if (isComment) return;
    this.#isTooLarge = true;
    this.#data = undefined;
  }

  #endBlock(): void {
    this.#isFirstLine = false;
    const block: EventBlock = {
      event: this.#event || 'message',
      data: this.#data,
      id: this.#id,
      channel: this.#channel,
      isTooLarge: this.#isTooLarge,
    };
    this.#event = '';
    this.#data = undefined;
    this.#id = undefined;
    this.#channel = undefined;
    this.#isTooLarge = false;
    this.#blockBytes = 0;
    if (block.data !== undefined || block.id !== undefined || block.isTooLarge) this.#sink.onBlock(block);
  }
}

function concat(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
