import { BusError } from './errors.ts';
import type { BusEvent, DeadLetter } from './event.ts';
import { deadLetterTopic, isOwnTopic } from './topic.ts';
import { type Entry, envelopeVersion, type Stored, type StoredDeadLetter } from './transport.ts';

/** Takes an event's id apart; throws a TypeError when it is none. */
export function parseId(id: string): { readonly epoch: string; readonly seq: number } {
  const cut = id.lastIndexOf('-');
  const seq = Number(id.slice(cut + 1));
  if (cut < 1 || !Number.isSafeInteger(seq) || seq < 0) throw new TypeError(`not an event id: ${id.slice(0, 80)}`);
  return { epoch: id.slice(0, cut), seq };
}

/** Makes the JSON text of a payload, unless it is none or too long. */
export function encodePayload(topic: string, payload: unknown, maxPayloadBytes: number): string {
  const text = JSON.stringify(payload) as string | undefined;
  if (text === undefined) throw new TypeError(`payload for ${topic} must be JSON, got ${typeof payload}`);
  if (text.length * 3 <= maxPayloadBytes) return text;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > maxPayloadBytes) {
    throw new BusError(
      'BUS_PAYLOAD_TOO_LARGE',
      `payload for ${topic} has ${bytes} bytes, the limit is ${maxPayloadBytes}`,
    );
  }
  return text;
}

/** Id of a stored event; one that was given back to its group keeps the id it was published with. */
export function idOf(stored: Stored, epoch: string): string {
  return `${epoch}-${stored.origin ?? stored.seq}`;
}

/** Reads a stored event; throws a BusError when it is damaged or of a newer version. */
export function decodeEvent(stored: Stored, epoch: string, attempt: number, payloads: 'json' | 'reference'): BusEvent {
  const { topic, key, publishedAt, version } = stored;
  if (version > envelopeVersion) {
    throw new BusError(
      'BUS_UNKNOWN_VERSION',
      `an event of ${topic} has envelope version ${version}, this release reads up to ${envelopeVersion}: update it`,
    );
  }
  const id = idOf(stored, epoch);
  if (version !== envelopeVersion) {
    throw new BusError('BUS_CORRUPT_EVENT', `entry ${id} of the log is damaged or foreign`);
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

/** Reads a dead letter; what cannot be read says most as raw text. */
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
 * Makes the event that tells of a dead letter, but for the letter's id, which its store gives. There is none for an
 * event that told of a dead letter itself: a handler that always fails there must not feed itself. It has the event's
 * key, so that it is forgotten with it.
 */
export function noticeOf(letter: Omit<StoredDeadLetter, 'id'>, payloads: 'json' | 'reference'): Entry | undefined {
  if (isOwnTopic(letter.event.topic)) return undefined;
  const { id: _, ...told } = decodeDeadLetter({ ...letter, id: '' }, payloads);
  const payload = payloads === 'json' ? JSON.stringify(told) : told;
  return { topic: deadLetterTopic, key: letter.event.key, payload, dedupeIds: [], publishedAt: letter.at };
}
