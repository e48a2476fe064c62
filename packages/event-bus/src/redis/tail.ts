import { waitAtMost } from '../timer.ts';
import type { Listening, LogEnd, Stored } from '../transport.ts';
import type { RedisConnection } from './connection.ts';
import { parseEntry, placeOf, type Row } from './entry.ts';
import type { RedisLog } from './log.ts';

const pageSize = 500;
const blockMs = 1_000;
const retryMs = 250;

/** Reads the log with its own cursor, so that a lost connection loses no events. Rests while there are no listeners. */
export class RedisTail {
  readonly #log: RedisLog;
  readonly #connection: RedisConnection;
  readonly #onEvents: (events: readonly Stored[], epoch: string) => void;
  /** Called when entries for one group alone came. */
  readonly #onGroupEntry: () => void;
  #cursor = '0-0';
  #listeners = 0;
  /** Wakes the reader from its rest. */
  #resume: (() => void) | undefined;
  #closed = false;
  readonly #following: Promise<void>;

  constructor(
    log: RedisLog,
    connection: RedisConnection,
    onEvents: (events: readonly Stored[], epoch: string) => void,
    onGroupEntry: () => void,
  ) {
    this.#log = log;
    this.#connection = connection;
    this.#onEvents = onEvents;
    this.#onGroupEntry = onGroupEntry;
    this.#following = this.#follow();
  }

  /** Starts reading at the end of the log. */
  listen(): Listening {
    let isEnded = false;
    this.#listeners++;
    return {
      from: this.#begin(() => isEnded),
      end: () => {
        if (!isEnded) this.#listeners--;
        isEnded = true;
      },
    };
  }

  /** Continues at the beginning of a new log. */
  restart(): void {
    this.#cursor = '0-0';
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#connection.close();
    this.#resume?.();
    await this.#following;
  }

  async #begin(isEnded: () => boolean): Promise<LogEnd> {
    for (;;) {
      const { cameBack } = this.#log;
      try {
        const end = await this.#log.end();
        const resume = this.#resume;
        this.#resume = undefined;
        if (resume) this.#cursor = `${end.last}-0`;
        resume?.();
        return end;
      } catch (error) {
        if (this.#closed || isEnded()) throw error;
        // Ask as soon as the connection is back, so that it happens before the next publish.
        await waitAtMost(cameBack, retryMs);
      }
    }
  }

  async #follow(): Promise<void> {
    while (!this.#closed) {
      if (this.#listeners === 0) {
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
      } else {
        await this.#readOn().catch(async () => {
          if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, 50));
        });
      }
    }
  }

  async #readOn(): Promise<void> {
    const [log, meta] = this.#log.keys;
    const { epoch } = this.#log;
    const reading = this.#connection.command(
      ['XREAD', 'COUNT', String(pageSize), 'BLOCK', String(blockMs), 'STREAMS', log, this.#cursor],
      blockMs,
    );
    // Sent together with the read: the reply says which log the entries belong to.
    const asking = this.#connection.command(['HGET', meta, 'epoch'], blockMs);
    const [answer, found] = await Promise.all([reading, asking]);
    if (found !== epoch || epoch !== this.#log.epoch) {
      await this.#log.check();
      return;
    }
    const rows = (answer as readonly (readonly [string, readonly Row[]])[] | null)?.[0]?.[1] ?? [];
    const last = rows.at(-1)?.[0];
    if (last === undefined) return;
    this.#cursor = last;
    this.#log.know(epoch, placeOf(last));
    const entries = rows.map(([id, fields]) => parseEntry(id, fields));
    if (entries.some(({ only }) => only !== undefined)) this.#onGroupEntry();
    const events = entries.filter(({ only }) => only === undefined);
    this.#onEvents(events, epoch);
  }
}
