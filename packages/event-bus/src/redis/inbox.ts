import { randomUUID } from 'node:crypto';
import { waitAtMost } from '../timer.ts';
import type { Interest, LogEnd, Stored } from '../transport.ts';
import { type Answer, RedisConnection, type RedisLines } from './connection.ts';
import { maxReplyBytes, parseEntry, type Row } from './entry.ts';
import type { RedisLog } from './log.ts';
import type { ScriptName } from './scripts.ts';
import { RedisWatch } from './watch.ts';

/** Parts of an inbox. */
export interface RedisInboxOptions {
  readonly log: RedisLog;
  readonly lines: RedisLines;
  /** Silence after which the others end an inbox, in milliseconds. */
  readonly ttlMs: number;
  /** Called with events that are followed, in the order of the log. */
  readonly onEvents: (events: readonly Stored[], epoch: string) => void;
  /** Called when events may have been passed over. */
  readonly onMissed: () => void;
}

interface Wanted {
  readonly interest: Interest;
  readonly note: string;
}

/** Most entries that one reply brings, and most places and interests that one script receives. */
const pageSize = 100;
const batchSize = 500;
/** Most entries that are read between two trims. */
const trimEvery = 1_000;
const blockMs = 10_000;
const retryMs = 100;

/** Brings the events of the keys that this process follows, and nothing else; see decision 0014. */
export class RedisInbox {
  readonly #options: RedisInboxOptions;
  readonly #log: RedisLog;
  readonly #wanted = new Map<string, Wanted>();
  readonly #watch: RedisWatch;
  #reader: RedisConnection | undefined;
  /** Name of the inbox; a new name each time that the inbox was given up. */
  #me = '';
  /** Id of the newest entry that was read, and of the one up to which the inbox is trimmed. */
  #cursor = '0';
  #trimmed = '0';
  #untrimmed = 0;
  /** The inbox has gaps: it must be opened again under a new name. */
  #isLost = false;
  /** The connection broke: Redis may have been restarted. */
  #isUnsure = false;
  /** Id of the server's run, which changes when the server restarts. */
  #run = '';
  #opening: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isBeating = false;
  #isClosed = false;

  constructor(options: RedisInboxOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#watch = new RedisWatch(options.ttlMs);
  }

  /** Registers an interest. Resolves with the end of the log at that moment, however long the server is away. */
  async follow(interest: Interest, note: string): Promise<LogEnd> {
    const name = nameOf(interest);
    const wanted = { interest, note };
    this.#wanted.set(name, wanted);
    for (;;) {
      const { cameBack } = this.#log;
      try {
        if (this.#me === '' || this.#isLost || this.#opening) {
          await this.#open();
        }
        if (this.#wanted.get(name) !== wanted) {
          return await this.#log.end();
        }
        const end = await this.#add([wanted]);
        if (end) {
          return end;
        }
        this.#isLost = true;
      } catch (error) {
        if (this.#isClosed || this.#wanted.get(name) !== wanted) {
          throw error;
        }
        // Asked at once when the connection is back, so that it is asked before the next publish.
        await waitAtMost(cameBack, retryMs);
      }
    }
  }

  /** Ends interests. If Redis cannot be reached, the inbox is given up for a new one. */
  async unfollow(interests: readonly Interest[]): Promise<void> {
    for (const interest of interests) {
      this.#wanted.delete(nameOf(interest));
    }
    try {
      await this.#opening;
      const gone = interests.filter((interest) => !this.#wanted.has(nameOf(interest)));
      for (let start = 0; start < gone.length && !this.#isClosed; start += batchSize) {
        const some = gone.slice(start, start + batchSize);
        await this.#script(
          'followDelete',
          some.flatMap(({ id, pattern, key }) => [String(id), pattern, key]),
        );
      }
    } catch {
      this.#isLost = true;
    }
  }

  /** Returns the notes of all interests in a key with a pattern. */
  async followers(pattern: string, key: string): Promise<readonly string[]> {
    const { connection, prefix } = this.#log;
    return (await connection.command(['HVALS', `${prefix}follow:${pattern}\n${key}`])) as readonly string[];
  }

  /** Opens the inbox again, because the log has started again. */
  restart(): void {
    if (this.#me !== '') {
      this.#isLost = true;
      void this.#open().catch(() => {});
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#reader?.close();
    if (this.#me !== '' && this.#log.connection.isReady) {
      await waitAtMost(
        this.#end(this.#me, '').catch(() => {}),
        1_000,
      );
    }
  }

  #script(name: ScriptName, args: readonly string[], inbox: string = this.#me): Promise<Answer> {
    return this.#log.script(name, [inbox, ...args]);
  }

  async #end(inbox: string, beats: string): Promise<void> {
    while ((await this.#script('followEnd', [beats], inbox)) === 1);
  }

  /** Adds interests. Returns the end of the log; undefined when the inbox was given up. */
  async #add(some: readonly Wanted[]): Promise<LogEnd | undefined> {
    const args = some.flatMap(({ interest: { id, pattern, key }, note }) => [String(id), pattern, key, note]);
    const answer = await this.#script('followAdd', args);
    if (answer === 0) {
      return undefined;
    }
    const [epoch, last] = answer as readonly [string, number];
    return epoch === this.#log.epoch ? { epoch, last } : this.#log.check();
  }

  #open(): Promise<void> {
    this.#opening ??= this.#openNew().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Makes an inbox under a new name, with all interests. Earlier events have to be read by key. */
  async #openNew(): Promise<void> {
    const former = this.#me;
    if (!this.#reader) {
      const reader = await RedisConnection.open(this.#options.lines);
      if (this.#isClosed) {
        reader.close();
      }
      this.#reader = reader;
    }
    const run = await this.#log.run();
    const me = randomUUID();
    await this.#script('followOpen', [], me);
    this.#me = me;
    this.#cursor = this.#trimmed = '0';
    this.#isLost = true;
    this.#watch.clear();
    const all = [...this.#wanted.values()];
    for (let start = 0; start < all.length; start += batchSize) {
      if (!(await this.#add(all.slice(start, start + batchSize)))) {
        throw new Error('the inbox was given up while it was made');
      }
    }
    this.#run = run;
    this.#isLost = this.#isUnsure = false;
    if (former === '') {
      this.#timer = setInterval(() => void this.#beat(), this.#options.ttlMs / 4);
      void this.#follow();
      return;
    }
    this.#options.onMissed();
    // The reader still waits under the former name.
    void this.#log.connection
      .command(['XADD', `${this.#log.prefix}in:${former}`, '*', 'begin', ''])
      .then(() => this.#end(former, ''))
      .then(() => this.#log.connection.command(['UNLINK', `${this.#log.prefix}in:${former}`]))
      .catch(() => {});
  }

  async #follow(): Promise<void> {
    while (!this.#isClosed) {
      try {
        if (this.#isUnsure) {
          const run = await this.#log.run();
          this.#isLost ||= run === '' || run !== this.#run;
          this.#isUnsure = false;
        }
        if (this.#isLost) {
          await this.#open();
        }
        await this.#readOn();
      } catch {
        // The connection is down or comes back: commands of the bus itself tell about it.
        this.#isUnsure = true;
        if (!this.#isClosed) {
          await new Promise((resolve) => setTimeout(resolve, retryMs));
        }
      }
    }
  }

  async #readOn(): Promise<void> {
    const me = this.#me;
    const stream = `${this.#log.prefix}in:${me}`;
    const command = ['XREAD', 'COUNT', String(pageSize), 'BLOCK', String(blockMs), 'STREAMS', stream, this.#cursor];
    const answer = await this.#reader?.command(command, blockMs);
    const rows = (answer as readonly (readonly [string, readonly Row[]])[] | null)?.[0]?.[1] ?? [];
    let places: string[] = [];
    for (const [, fields] of rows) {
      if (fields[0] === 'missed') {
        await this.#bring(me, places);
        places = [];
        this.#options.onMissed();
      } else if (fields[0] !== 'begin') {
        places.push(...fields.filter((_, at) => at % 2 === 0));
      }
    }
    await this.#bring(me, places);
    const last = rows.at(-1)?.[0];
    if (me !== this.#me || last === undefined) {
      return;
    }
    this.#cursor = last;
    this.#untrimmed += rows.length;
    if (this.#untrimmed >= trimEvery) {
      this.#untrimmed = 0;
      this.#trimmed = last;
      await this.#log.connection.command(['XTRIM', stream, 'MINID', last]);
    }
  }

  /** Passes on the events at these places. */
  async #bring(me: string, places: readonly string[]): Promise<void> {
    for (let start = 0; start < places.length; ) {
      const some = places.slice(start, start + batchSize);
      const answer = await this.#script('followRead', [String(maxReplyBytes), ...some], me);
      const [epoch, ...rows] = answer as readonly [string, ...(Row | null)[]];
      start += rows.length;
      if (epoch !== this.#log.epoch) {
        await this.#log.check();
      }
      // What is of another log, or came under a name that was given up, is read by key.
      if (me !== this.#me || epoch !== this.#log.epoch || this.#isLost) {
        return;
      }
      const events = rows.flatMap((row) => (row ? [parseEntry(row[0], row[1])] : []));
      this.#log.know(epoch, events.at(-1)?.seq ?? 0);
      this.#options.onEvents(events, epoch);
      if (events.length < rows.length) {
        this.#options.onMissed();
      }
    }
  }

  async #beat(): Promise<void> {
    const me = this.#me;
    if (this.#isBeating || this.#opening) {
      return;
    }
    this.#isBeating = true;
    try {
      const cursor = this.#cursor === this.#trimmed ? '' : this.#cursor;
      const answer = (await this.#script('followBeat', [cursor])) as readonly string[] | null;
      if (cursor !== '') {
        this.#trimmed = cursor;
      }
      if (!answer && me === this.#me) {
        this.#isLost = true;
        await this.#open();
      }
      for (const [inbox, beats] of this.#watch.look(answer ?? [], me)) {
        await this.#end(inbox, beats);
      }
    } catch {
      // The next beat tries again.
    } finally {
      this.#isBeating = false;
    }
  }
}

function nameOf({ id, pattern, key }: Interest): string {
  return `${id}\n${pattern}\n${key}`;
}
