import { decodeEvent, parseId } from './envelope.ts';
import type { BusEvent, ReadResult } from './event.ts';
import { matcher } from './topic.ts';
import type { Page, Transport } from './transport.ts';

/** Reads a page of the log after an event's id, and finds out whether events in between are missing. */
export async function readLog(
  transport: Transport,
  after: string | undefined,
  limit: number,
  maxBytes: number,
  pattern: string,
  key?: string,
): Promise<ReadResult<BusEvent>> {
  const id = after === undefined ? undefined : parseId(after);
  const matches = matcher(pattern);
  const read = (place: number): Promise<Page> =>
    key === undefined ? transport.read(place, limit, maxBytes) : transport.readKey(key, place, limit, maxBytes);
  let page = await read(id?.seq ?? 0);
  const restarted = id !== undefined && (id.epoch !== page.epoch || id.seq > page.last);
  if (restarted) page = await read(0);
  const cut = !restarted && id !== undefined && page.first > id.seq + 1;
  const events: BusEvent[] = [];
  let unreadable = 0;
  for (const stored of page.events) {
    if (!matches(stored.topic)) continue;
    try {
      events.push(decodeEvent(stored, page.epoch, 1, transport.payloads));
    } catch {
      unreadable++;
    }
  }
  return {
    events,
    last: page.last === 0 ? undefined : `${page.epoch}-${page.upTo}`,
    more: page.upTo < page.last,
    ...((restarted || cut) && { gap: restarted ? 'restarted' : 'cut' }),
    unreadable,
  };
}

/** Returns whether a text can be the id of a dead letter, of any transport. */
export function isLetterId(id: string): boolean {
  return /^\d{1,20}(-\d{1,20})?$/.test(id);
}
