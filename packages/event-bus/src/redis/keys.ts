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

  /** Walks over up to 5,000 events with each message, so that other clients do not wait for long. */
  async first(key: string, after: number, limit: number, maxBytes: number): Promise<KeyPage> {
    const places: number[] = [];
    let from = '';
    let end: number | undefined;
    for (;;) {
      const args = [randomUUID().slice(0, 8), key, from, String(after), String(limit), String(maxBytes)];
      const [epoch, last, first, next, found, rows, cut, early] = (await this.#log.script(
        'walkKey',
        args,
      )) as readonly [string, number, number, number, readonly number[], readonly Row[], number, number];
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
        rows.length < wanted.length && early === 0
          ? await this.at(wanted, maxBytes)
          : pageOf(epoch, last, first, rows, early, wanted);
      const rest = places.slice(places.findLastIndex((place) => place <= page.upTo) + 1);
      return { ...page, upTo: rest.length > 0 ? page.upTo : end, rest, isCut: cut === 1 };
    }
  }

  async at(places: readonly number[], maxBytes: number): Promise<Page> {
    const args = [randomUUID().slice(0, 8), String(maxBytes), ...places.map(String)];
    const answer = await this.#log.script('readPlaces', args);
    const [epoch, last, first, rows, early] = answer as readonly [string, number, number, readonly Row[], number];
    return pageOf(epoch, last, first, rows, early, places);
  }
}

function pageOf(
  epoch: string,
  last: number,
  first: number,
  rows: readonly Row[],
  early: number,
  places: readonly number[],
): Page {
  const events = rows.map(([id, fields]) => parseEntry(id, fields));
  const upTo = (early === 1 ? events.at(-1)?.seq : places.at(-1)) ?? last;
  return { epoch, events, first, last, upTo };
}
