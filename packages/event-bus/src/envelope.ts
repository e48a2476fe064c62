import { BusError } from './errors.ts';
import type { BusEvent, DeadLetter } from './event.ts';
import { deadLetterTopic, isOwnTopic } from './topic.ts';
import { type Entry, envelopeVersion, type Stored, type StoredDeadLetter } from './transport.ts';

/**
 * Splits an event's id into its parts.
 * @throws {TypeError} when it is not an event id.
 */
export function parseId(id: string): { readonly epoch: string; readonly seq: number } {
  const cut = id.lastIndexOf('-');
  const seq = Number(id.slice(cut + 1));
  if (cut < 1 || !Number.isSafeInteger(seq) || seq < 0) {
    throw new TypeError(`not an event id: ${id.slice(0, 80)}; use the id of an event, such as a1b2c3d4-7`);
  }
  return { epoch: id.slice(0, cut), seq };
}

/**
 * Makes the JSON text of a payload.
 * @throws {TypeError} when the payload has no JSON text.
 * @throws {BusError} `BUS_PAYLOAD_TOO_LARGE` when the text is too long.
 */
export function encodePayload(topic: string, payload: unknown, maxPayloadBytes: number): string {
  const text = JSON.stringify(payload) as string | undefined;
  if (text === undefined) throw new TypeError(`payload for ${topic} must be JSON, got ${typeof payload}`);
  if (text.length * 3 <= maxPayloadBytes) return text;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > maxPayloadBytes) {
    throw new BusError(
      'BUS_PAYLOAD_TOO_LARGE',
      `payload for ${topic} has ${bytes} bytes, the limit is ${maxPayloadBytes}: send a reference to the data instead`,
    );
  }
  return text;
}

/** Size of a stored payload, in UTF-16 code units of its text; 0 for a payload that is kept as it is. */
export function bytesOf({ payload }: Stored): number {
  return typeof payload === 'string' ? payload.length : 0;
}

/**
 * Returns the id of a stored event. An event that was given back to its group keeps the id that it was published with.
 */
export function idOf(stored: Stored, epoch: string): string {
  return `${epoch}-${stored.origin ?? stored.seq}`;
}

/**
 * Reads a stored event.
 * @throws {BusError} `BUS_CORRUPT_EVENT` when it is damaged, `BUS_UNKNOWN_VERSION` when a newer release wrote it.
 */
export function decodeEvent(stored: Stored, epoch: string, attempt: number, payloads: 'json' | 'reference'): BusEvent {
  const { topic, key, publishedAt, version } = stored;
  if (version > envelopeVersion) {
    throw new BusError(
      'BUS_UNKNOWN_VERSION',
      `an event of ${topic} has envelope version ${version}, this release reads up to ${envelopeVersion}: update @bnc/event-bus`,
    );
  }
  const id = idOf(stored, epoch);
  if (version !== envelopeVersion) {
    throw new BusError('BUS_CORRUPT_EVENT', `entry ${id} of the log is damaged, or another program wrote it`);
  }
  let { payload } = stored;
  if (payloads === 'json') {
    try {
      payload = JSON.parse(payload as string);
    } catch (cause) {
      throw new BusError('BUS_CORRUPT_EVENT', `the payload of entry ${id} is not JSON`, { cause });
    }
  }
  return key === undefined
    ? { id, topic, payload, attempt, publishedAt }
    : { id, topic, payload, key, attempt, publishedAt };
}

/** Puts the id of a dead letter into the notice about it. */
export function withLetterId(notice: Entry, id: string): Entry {
  const { payload } = notice;
  return {
    ...notice,
    payload: typeof payload === 'string' ? `{"id":"${id}",${payload.slice(1)}` : { id, ...(payload as object) },
  };
}

/** Reads a dead letter. A payload that cannot be read stays raw text, which tells the most. */
export function decodeDeadLetter(letter: StoredDeadLetter, payloads: 'json' | 'reference'): DeadLetter {
  const { event, epoch, ...rest } = letter;
  let { payload } = event;
  try {
    payload = decodeEvent(event, epoch, 1, payloads).payload;
  } catch {
    // It stays as it is.
  }
  const { topic, key } = event;
  return { ...rest, eventId: idOf(event, epoch), topic, payload, ...(key !== undefined && { key }) };
}

/**
 * Makes the event that reports a dead letter, without the letter's id, which the store adds. Returns undefined when the
 * dead letter is such an event itself, so that a handler of `$dead-letter` that always fails does not feed itself. The
 * notice has the key of the event, so that `forget` erases both.
 */
export function noticeOf(letter: Omit<StoredDeadLetter, 'id'>, payloads: 'json' | 'reference'): Entry | undefined {
  if (isOwnTopic(letter.event.topic)) return undefined;
  const { id: _, ...told } = decodeDeadLetter({ ...letter, id: '' }, payloads);
  const payload = payloads === 'json' ? JSON.stringify(told) : told;
  return { topic: deadLetterTopic, key: letter.event.key, payload, dedupeIds: [], publishedAt: letter.at };
}
