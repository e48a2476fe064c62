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
  async first(key: string, after: number, limit: number): Promise<KeyPage> {
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
      const page = rows.length < wanted.length ? await this.at(wanted) : { epoch, events: eventsOf(rows), first, last };
      const rest = places.slice(limit);
      return { ...page, upTo: rest.length > 0 ? (wanted.at(-1) ?? end) : end, rest, isCut: cut === 1 };
    }
  }

  async at(places: readonly number[]): Promise<Page> {
    const answer = await this.#log.script('readPlaces', [randomUUID().slice(0, 8), ...places.map(String)]);
    const [epoch, last, first, rows] = answer as readonly [string, number, number, readonly Row[]];
    return { epoch, events: eventsOf(rows), first, last, upTo: last };
  }
}

function eventsOf(rows: readonly Row[]): Page['events'] {
  return rows.map(([id, fields]) => parseEntry(id, fields));
}
