import { checkLine, isThenable } from './check.ts';

const lineBreak = /\r\n|\r|\n/;
const newline = 10;
const carriageReturn = 13;
const end = Buffer.from('\n\n');

/** The fields of one event. */
export interface EventFields {
  /** Data: text and bytes (UTF-8) as they are, anything else as JSON. */
  readonly data: unknown;
  /** Event name without CR, LF and NUL. Default: unnamed, which is also what `message` means. */
  readonly event?: string | undefined;
  /** Event id without CR, LF and NUL. Default: none, the client keeps its last one. */
  readonly id?: string | undefined;
  /** Reconnection delay in whole ms, 0 to 2^31 - 1. */
  readonly retry?: number | undefined;
}

/**
 * Encodes one event as the bytes that go on the wire.
 * @throws {TypeError} when `id` or `event` is not text or contains CR, LF or NUL, `retry` is not a number, or `data`
 * has no JSON form.
 * @throws {RangeError} when `retry` is not a whole number from 0 to 2^31 - 1.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function encodeEvent({ data, event, id, retry }: EventFields): Buffer {
  return encodeData(`${retryLine(retry)}${idLine(id)}${eventLine(event)}`, data);
}

/** The line of an id, or nothing. @throws {TypeError} when the id is not text or contains CR, LF or NUL. */
export function idLine(id: string | undefined): string {
  return id === undefined ? '' : line('id', id);
}

/**
 * The line of an event name, or nothing for an unnamed event.
 * @throws {TypeError} when the name is not text or contains CR, LF or NUL.
 */
export function eventLine(event: string | undefined): string {
  return event === undefined || event === 'message' ? '' : line('event', event);
}

/**
 * The line of a reconnection delay, or nothing.
 * @throws {TypeError} when the delay is not a number.
 * @throws {RangeError} when it is not a whole number from 0 to 2^31 - 1.
 */
export function retryLine(retry: number | undefined): string {
  return retry === undefined ? '' : retryField(retry);
}

/** Encodes data after the lines of `head`. @throws {TypeError} when the data has no JSON form. */
export function encodeData(head: string, data: unknown): Buffer {
  if (data instanceof Uint8Array) {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    // One copy, no decoding: megabytes of ready JSON are normal here.
    if (!bytes.includes(newline) && !bytes.includes(carriageReturn)) {
      return Buffer.concat([Buffer.from(`${head}data: `), bytes, end]);
    }
    return encodeData(head, bytes.toString('utf8'));
  }
  const content = text(data);
  if (!lineBreak.test(content)) return Buffer.from(`${head}data: ${content}\n\n`);
  return Buffer.from(
    `${head}${content
      .split(lineBreak)
      .map((part) => `data: ${part}\n`)
      .join('')}\n`,
  );
}

/** Encodes a comment, which clients ignore and proxies count as traffic. Line breaks start a new comment line. */
export function encodeComment(comment: string): Buffer {
  return Buffer.from(
    `${comment
      .split(lineBreak)
      .map((part) => `: ${part}\n`)
      .join('')}\n`,
  );
}

/**
 * Encodes what a stream begins with: the reconnection delay in whole ms, and the id of its first place. Without data it
 * is not an event, but it still sets the last event id of the client.
 * @throws {TypeError} when the delay is not a number, or the id contains CR, LF or NUL.
 * @throws {RangeError} when the delay is not a whole number from 0 to 2^31 - 1.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
 */
export function encodeStart(ms: number, id: string | undefined): Buffer {
  return Buffer.from(`${retryField(ms)}${idLine(id)}\n`);
}

/**
 * Encodes a reconnection delay on its own, in ms.
 * @throws {TypeError} when it is not a number.
 * @throws {RangeError} when it is not a whole number from 0 to 2^31 - 1.
 */
export function encodeRetry(ms: number): Buffer {
  return Buffer.from(`${retryField(ms)}\n`);
}

function line(name: 'id' | 'event', value: string): string {
  checkLine(name, value);
  return `${name}: ${value}\n`;
}

function retryField(ms: number): string {
  if (typeof ms !== 'number') throw new TypeError(`retry must be a number: ${typeof ms}`);
  if (!Number.isInteger(ms) || ms < 0 || ms > 0x7fffffff) {
    throw new RangeError(`retry must be whole milliseconds from 0 to 2147483647: ${ms}`);
  }
  return `retry: ${ms}\n`;
}

function text(data: unknown): string {
  if (typeof data === 'string') return data;
  // As JSON they would be `{}`.
  if (isThenable(data) || data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
    throw new TypeError(`data must be text, a Uint8Array or a JSON value: ${Object.prototype.toString.call(data)}`);
  }
  const json = JSON.stringify(data) as string | undefined;
  if (json === undefined) throw new TypeError(`data must be text, a Uint8Array or a JSON value: ${typeof data}`);
  return json;
}
