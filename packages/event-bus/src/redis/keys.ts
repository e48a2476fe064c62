import { randomUUID } from 'node:crypto';
import type { KeyPage, KeySource } from '../key-pages.ts';
import type { Page } from '../transport.ts';
import { parseEntry, type Row } from './entry.ts';
import type { RedisLog } from './log.ts';

/** Reads the events of one key in Redis. */
export class RedisKeys implements KeySource {
  readonly #log: RedisLog;

  constructor(log: RedisLog) {
    this.#log = log;
  }

  /** Walks over some thousand events with each message, so that other clients do not wait for long. */
  async first(key: string, after: number, limit: number, maxBytes: number): Promise<KeyPage> {
    const places: number[] = [];
    let from = '';
    let end: number | undefined;
    for (;;) {
      const args = [randomUUID().slice(0, 8), key, from, String(after), String(limit)];
      const [epoch, last, first, next, found, rows, cut] = (await this.#log.script('walkKey', args)) as readonly [
        string,
        number,
        number,
        number,
        readonly number[],
        readonly Row[],
        number,
      ];
      places.push(...found);
      // Events that are stored during the walk are not part of it.
      end ??= last;
      if (next > 0) {
        from = String(next);
        continue;
      }
      places.reverse();
      const wanted = places.slice(0, limit);
      // The last reply contains the events that it walked over.
      const page =
        rows.length < wanted.length
          ? await this.at(wanted, maxBytes)
          : { epoch, ...upToBytes(eventsOf(rows), maxBytes, wanted.at(-1) ?? last), first, last };
      const rest = places.slice(places.findLastIndex((place) => place <= page.upTo) + 1);
      return { ...page, upTo: rest.length > 0 ? page.upTo : end, rest, isCut: cut === 1 };
    }
  }

  async at(places: readonly number[], maxBytes: number): Promise<Page> {
    const answer = await this.#log.script('readPlaces', [randomUUID().slice(0, 8), ...places.map(String)]);
    const [epoch, last, first, rows] = answer as readonly [string, number, number, readonly Row[]];
    return { epoch, ...upToBytes(eventsOf(rows), maxBytes, places.at(-1) ?? last), first, last };
  }
}

/** Cuts a page after `maxBytes` of payloads; `end` is where it reaches when it fits. */
function upToBytes(events: Page['events'], maxBytes: number, end: number): Pick<Page, 'events' | 'upTo'> {
  let bytes = 0;
  const cut = events.findIndex(({ payload }) => {
    bytes += (payload as string).length;
    return bytes >= maxBytes;
  });
  return cut === -1 || cut === events.length - 1
    ? { events, upTo: end }
    : { events: events.slice(0, cut + 1), upTo: events[cut]?.seq ?? end };
}

function eventsOf(rows: readonly Row[]): Page['events'] {
  return rows.map(([id, fields]) => parseEntry(id, fields));
}
