import { waitAtMost } from '../timer.ts';
import type { Listening, LogEnd, Stored } from '../transport.ts';
import type { Answer, RedisConnection } from './connection.ts';
import { maxReplyBytes, parseEntry, placeOf, type Row } from './entry.ts';
import type { RedisLog } from './log.ts';

/** Most entries that one reply brings, and how many at first, as entries may be large. */
const maxPage = 500;
const firstPage = 16;
const blockMs = 1_000;
const retryMs = 250;

/** What a reader of the log calls. */
export interface TailOptions {
  readonly onEvents: (events: readonly Stored[], epoch: string) => void;
  /** Called when there are new entries for one group alone. */
  readonly onGroupEntry: () => void;
  /** Called with the time at which the first of the delayed entries is due, while there are some. */
  readonly onDue: (at: number) => void;
}

/** Reads the log with its own cursor, so that a lost connection loses no events. Rests while there are no listeners. */
export class RedisTail {
  readonly #log: RedisLog;
  readonly #connection: RedisConnection;
  readonly #options: TailOptions;
  #cursor = '0-0';
  #page = firstPage;
  #listeners = 0;
  /** Wakes the reader from its rest. */
  #resume: (() => void) | undefined;
  #closed = false;
  readonly #following: Promise<void>;

  constructor(log: RedisLog, connection: RedisConnection, options: TailOptions) {
    this.#log = log;
    this.#connection = connection;
    this.#options = options;
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
      ['XREAD', 'COUNT', String(this.#page), 'BLOCK', String(blockMs), 'STREAMS', log, this.#cursor],
      blockMs,
    );
    // Sent together with the read: the reply says which log the entries belong to.
    const asking = this.#connection.command(['HMGET', meta, 'epoch', 'due'], blockMs);
    const [answer, [found, due]] = (await Promise.all([reading, asking])) as [Answer, readonly (string | null)[]];
    if (found !== epoch || epoch !== this.#log.epoch) {
      await this.#log.check();
      return;
    }
    if (typeof due === 'string') this.#options.onDue(Number(due));
    const rows = (answer as readonly (readonly [string, readonly Row[]])[] | null)?.[0]?.[1] ?? [];
    const last = rows.at(-1)?.[0];
    if (last === undefined) return;
    this.#cursor = last;
    this.#log.know(epoch, placeOf(last));
    const entries = rows.map(([id, fields]) => parseEntry(id, fields));
    if (entries.some(({ only }) => only !== undefined)) this.#options.onGroupEntry();
    const events = entries.filter(({ only }) => only === undefined);
    this.#resize(entries);
    this.#options.onEvents(events, epoch);
  }

  /** Reads more at a time while entries are small, and fewer when they are large. */
  #resize(entries: readonly Stored[]): void {
    const bytes = entries.reduce((sum, { payload }) => sum + (payload as string).length, 0);
    const fitting = Math.floor((maxReplyBytes * entries.length) / Math.max(1, bytes));
    this.#page = Math.max(1, Math.min(fitting, 2 * this.#page, maxPage));
  }
}
