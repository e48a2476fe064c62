import { randomUUID } from 'node:crypto';
import type { StoredDeadLetter } from '../transport.ts';
import { parseEntry, placeOf, type Row } from './entry.ts';
import type { RedisLog } from './log.ts';

/** The dead letters of a bus in Redis. */
export class RedisDeadLetters {
  readonly #log: RedisLog;

  constructor(log: RedisLog) {
    this.#log = log;
  }

  list(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]> {
    return this.#read(after === undefined ? '-' : `(${after}`, '+', limit);
  }

  async find(id: string): Promise<StoredDeadLetter | undefined> {
    return isLetterId(id) ? (await this.#read(id, id, 1))[0] : undefined;
  }

  async delete(id: string): Promise<boolean> {
    return isLetterId(id) && (await this.#log.connection.command(['XDEL', this.#log.keys[2], id])) === 1;
  }

  async retry(id: string): Promise<boolean> {
    if (!isLetterId(id)) return false;
    return (await this.#log.script('retry', [randomUUID().slice(0, 8), id])) === 1;
  }

  async #read(from: string, to: string, limit: number): Promise<readonly StoredDeadLetter[]> {
    const command = ['XRANGE', this.#log.keys[2], from, to, 'COUNT', String(limit)];
    const rows = (await this.#log.connection.command(command)) as readonly Row[];
    return rows.map(([id, fields]) => {
      const named = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
      const [group, pattern] = JSON.parse(named('_group')) as readonly [string, string];
      const event = parseEntry(named('_id'), fields);
      const attempts = Number(named('_attempts'));
      return { id, group, pattern, event, epoch: this.#log.epoch, attempts, reason: named('_reason'), at: placeOf(id) };
    });
  }
}

function isLetterId(id: string): boolean {
  return /^\d+-\d+$/.test(id);
}
