import { randomUUID } from 'node:crypto';
import { BusError } from './errors.ts';
import type { GroupStats } from './event.ts';
import { type Answer, asBusError, RedisConnection } from './redis-connection.ts';
import { parseEntry, placeOf } from './redis-entry.ts';
import { RedisConsumer, type RedisGroupOptions } from './redis-group.ts';
import { waitAtMost } from './subscription.ts';
import type {
  Appended,
  Consumer,
  Entry,
  GroupSpec,
  Listener,
  Listening,
  LogEnd,
  Page,
  StoredDeadLetter,
  Transport,
  TransportStats,
} from './transport.ts';

/** Settings of `redis`. */
export interface RedisOptions {
  /** `redis://` or `rediss://`, with user, password and database number as needed. */
  readonly url: string;
  /** First part of every key; buses with the same prefix are one. Default `bnc`. */
  readonly prefix?: string;
  /** Events kept, about. Default 100,000. */
  readonly maxEvents?: number;
  /** How long a `dedupeId` is remembered, in milliseconds. Default 30 days. */
  readonly dedupeWindowMs?: number;
  /** Dead letters kept at most; beyond that the oldest are dropped. Default 1,000. */
  readonly maxDeadLetters?: number;
  /** Silence after which a consumer counts as dead and its events go to others, in milliseconds. Default 5,000. */
  readonly leaseMs?: number;
}

interface Waiting {
  readonly entry: Entry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

type Row = readonly [id: string, fields: readonly string[]];

type Warnings = readonly { readonly code: BusError['code']; readonly message: string }[];

const month = 30 * 86_400_000;
/** Small enough that this process fills the next batch while Redis stores one; larger ones were slower. */
const maxBatchEvents = 32;
const maxBatchChars = 1_048_576;
const tailPage = 500;
const tailBlockMs = 1_000;
const retryMs = 250;

class RedisTransport implements Transport {
  readonly name = 'redis';
  readonly payloads = 'json';
  readonly #commands: RedisConnection;
  readonly #tail: RedisConnection;
  readonly #options: Required<RedisOptions>;
  readonly #prefix: string;
  readonly #keys: readonly string[];
  readonly #consumers = new Set<RedisConsumer>();
  #listener: Listener | undefined;
  #batch: Waiting[] = [];
  #epoch = '';
  /** Highest place known in this epoch, and the entry that the tail has read last. */
  #highest = 0;
  #cursor = '0-0';
  #warnings: Warnings = [];
  /** Set while it is being found out what a server that came back remembers. */
  #checking: Promise<void> | undefined;
  #cameBack = Promise.withResolvers<void>();
  #closed = false;
  #tailing: Promise<void> | undefined;
  /** Wishes for new entries; while there are none the log is not read, and `resume` ends the rest. */
  #listeners = 0;
  #resume: (() => void) | undefined;

  constructor(commands: RedisConnection, tail: RedisConnection, options: Required<RedisOptions>) {
    this.#commands = commands;
    this.#tail = tail;
    this.#options = options;
    this.#prefix = `{${options.prefix}}:`;
    this.#keys = ['log', 'meta', 'dead'].map((key) => this.#prefix + key);
    commands.onReady(() => {
      this.#checking = this.#check()
        .catch(() => {})
        .finally(() => {
          this.#checking = undefined;
        });
      this.#cameBack.resolve();
      this.#cameBack = Promise.withResolvers();
    });
  }

  /** Looks at the server for the first time. */
  async open(): Promise<void> {
    await this.#check();
  }

  start(listener: Listener): void {
    if (this.#listener) throw new TypeError('transport belongs to another bus already: make one for each bus');
    this.#listener = listener;
    queueMicrotask(() => {
      for (const { code, message } of this.#warnings) listener.warning(new BusError(code, message));
    });
    this.#tailing = this.#follow();
  }

  listen(): Listening {
    let ended = false;
    this.#listeners++;
    return {
      from: this.#end(() => ended),
      end: () => {
        if (!ended) this.#listeners--;
        ended = true;
      },
    };
  }

  append(entry: Entry): Promise<Appended> {
    if (!this.#commands.isReady)
      return Promise.reject(
        new BusError('BUS_UNAVAILABLE', `${this.#commands.where}: not connected; nothing was stored`),
      );
    return new Promise((resolve, reject) => {
      this.#batch.push({ entry, resolve, reject });
      if (this.#batch.length === 1) queueMicrotask(() => void this.#send());
    });
  }

  async read(after: number, limit: number): Promise<Page> {
    const answer = await this.#script('read', [randomUUID().slice(0, 8), String(after), String(limit)]);
    const [epoch, last, firstId, rows] = answer as readonly [string, number, string, readonly Row[]];
    const entries = rows.map(([id, fields]) => parseEntry(id, fields));
    const upTo = entries.length < limit ? last : (entries.at(-1)?.seq ?? last);
    const events = entries.filter(({ only }) => only === undefined);
    return { epoch, events, first: placeOf(firstId), last, upTo };
  }

  async join(spec: GroupSpec, wake: () => void): Promise<Consumer> {
    const { leaseMs, maxDeadLetters } = this.#options;
    const options: RedisGroupOptions = {
      connection: this.#commands,
      keys: this.#keys,
      groupsKey: `${this.#prefix}groups`,
      basePrefix: `${this.#prefix}g:`,
      leaseMs,
      maxDeadLetters,
      epoch: () => this.#epoch,
    };
    // It is woken by what is announced from here on; what came before it looks for itself.
    const listening = this.listen();
    try {
      await listening.from;
      const consumer = await RedisConsumer.join(spec, options, wake, () => {
        listening.end();
        this.#consumers.delete(consumer);
      });
      this.#consumers.add(consumer);
      return consumer;
    } catch (error) {
      listening.end();
      throw error;
    }
  }

  async deadLetters(limit: number): Promise<readonly StoredDeadLetter[]> {
    const rows = (await this.#commands.command([
      'XRANGE',
      `${this.#prefix}dead`,
      '-',
      '+',
      'COUNT',
      String(limit),
    ])) as readonly Row[];
    return rows.map(([id, fields]) => {
      const named = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
      const [group, pattern] = JSON.parse(named('_group')) as readonly [string, string];
      const event = parseEntry(named('_id'), fields);
      const attempts = Number(named('_attempts'));
      return { id, group, pattern, event, epoch: this.#epoch, attempts, reason: named('_reason'), at: placeOf(id) };
    });
  }

  async retryDeadLetter(id: string): Promise<boolean> {
    if (!/^\d+-\d+$/.test(id)) return false;
    return (await this.#script('retry', [randomUUID().slice(0, 8), id])) === 1;
  }

  async stats(): Promise<TransportStats> {
    const answer = await this.#script('stats', [`${this.#prefix}groups`, `${this.#prefix}g:`]);
    const [depth, deadLetters, rows] = answer as readonly [
      number,
      number,
      readonly (readonly [string, number, number, number, number, number])[],
    ];
    const groups = rows.map(([name, lag, pending, redeliveries, deadLettered, lost]): GroupStats => {
      const [group, pattern] = JSON.parse(name) as readonly [string, string];
      return { group, pattern, lag, pending, redeliveries, deadLettered, lost };
    });
    return { depth, deadLetters, groups, warnings: this.#warnings };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const consumer of this.#consumers) consumer.stop();
    this.#tail.close();
    this.#commands.close();
    this.#cameBack.resolve();
    this.#resume?.();
    await this.#tailing;
  }

  #script(name: Parameters<RedisConnection['script']>[0], args: readonly string[]): Promise<Answer> {
    return this.#commands.script(name, this.#keys, args);
  }

  /** Stores everything published in this turn of the loop with one script per batch. */
  async #send(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    await this.#checking;
    for (let start = 0; start < batch.length; ) {
      let chars = 0;
      let end = start;
      while (end < batch.length && end - start < maxBatchEvents && chars < maxBatchChars)
        chars += String(batch[end++]?.entry.payload).length;
      void this.#sendSome(batch.slice(start, end));
      start = end;
    }
  }

  async #sendSome(batch: readonly Waiting[]): Promise<void> {
    const { maxEvents, dedupeWindowMs } = this.#options;
    const args = [randomUUID().slice(0, 8), String(maxEvents), String(dedupeWindowMs), `${this.#prefix}dedupe:`];
    args.push(String(batch.length));
    for (const { topic, publishedAt, payload, key, dedupeIds } of batch.map(({ entry }) => entry)) {
      const keyed = key === undefined ? '' : `k${key}`;
      args.push(topic, String(publishedAt), payload as string, keyed, String(dedupeIds.length));
    }
    for (const { entry } of batch) args.push(...entry.dedupeIds);
    try {
      const [epoch, ...places] = (await this.#script('publish', args)) as readonly [string, ...number[]];
      for (const [index, { resolve }] of batch.entries()) {
        const place = places[index] ?? 0;
        if (epoch === this.#epoch) this.#highest = Math.max(this.#highest, place);
        resolve({ seq: Math.abs(place), epoch, duplicate: place < 0 });
      }
      if (epoch !== this.#epoch) void this.#check().catch(() => {});
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** Learns the epoch, and what may go wrong with this server. */
  async #check(): Promise<void> {
    const args = [randomUUID().slice(0, 8), String(this.#highest), this.#epoch];
    const [epoch, last] = (await this.#script('check', args)) as readonly [string, number];
    if (this.#epoch !== '' && epoch !== this.#epoch) this.#restart(epoch);
    this.#epoch = epoch;
    this.#highest = Math.max(this.#highest, last);
    this.#warnings = await this.#inspect();
  }

  #restart(epoch: string): void {
    this.#epoch = epoch;
    this.#highest = 0;
    this.#cursor = '0-0';
    this.#listener?.restarted(epoch);
    this.#listener?.warning(
      new BusError('BUS_RESTARTED', `${this.#commands.where}: Redis lost its data; the log began anew`),
    );
    this.#wake();
  }

  async #inspect(): Promise<Warnings> {
    // A user who may not ask gets no warning.
    const info = String(await this.#commands.command(['INFO']).catch(() => ''));
    const value = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
    const { where } = this.#commands;
    const warnings: { code: BusError['code']; message: string }[] = [];
    if (value('aof_enabled') === '0')
      warnings.push({
        code: 'BUS_NOT_DURABLE',
        message: `${where}: Redis keeps no append-only file: a crash of Redis loses stored events; set appendonly yes`,
      });
    const policy = value('maxmemory_policy');
    if (policy !== '' && policy !== 'noeviction' && value('maxmemory') !== '0')
      warnings.push({
        code: 'BUS_MAY_EVICT',
        message: `${where}: Redis may evict keys when its memory is full (${policy}); set maxmemory-policy noeviction`,
      });
    return warnings;
  }

  /** Asks where the log ends, before anything that this process publishes from now on, and has it read from there. */
  async #end(ended: () => boolean): Promise<LogEnd> {
    for (;;) {
      const { promise: cameBack } = this.#cameBack;
      try {
        const [epoch, n] = (await this.#commands.command(['HMGET', this.#keys[1] ?? '', 'epoch', 'n'])) as string[];
        if (epoch !== this.#epoch) void this.#check().catch(() => {});
        const last = epoch === this.#epoch ? Number(n) : this.#highest;
        const resume = this.#resume;
        this.#resume = undefined;
        if (resume) this.#cursor = `${last}-0`;
        resume?.();
        return { epoch: this.#epoch, last };
      } catch (error) {
        if (this.#closed || ended()) throw error;
        await waitAtMost(cameBack, retryMs);
      }
    }
  }

  /** Reads the log with a cursor of its own, so that a lost connection loses nothing. */
  async #follow(): Promise<void> {
    while (!this.#closed) {
      if (this.#listeners === 0) {
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
        continue;
      }
      try {
        await this.#readOn();
      } catch {
        if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async #readOn(): Promise<void> {
    const { 0: log = '', 1: meta = '' } = this.#keys;
    const epoch = this.#epoch;
    const count = String(tailPage);
    const timeoutMs = tailBlockMs + 5_000;
    const reading = this.#tail.command(
      ['XREAD', 'COUNT', count, 'BLOCK', String(tailBlockMs), 'STREAMS', log, this.#cursor],
      timeoutMs,
    );
    // Sent along, answered after: tells of which log the entries are.
    const asking = this.#tail.command(['HGET', meta, 'epoch'], timeoutMs);
    const [answer, found] = await Promise.all([reading, asking]);
    if (found !== epoch || epoch !== this.#epoch) {
      await this.#check();
      return;
    }
    const rows = (answer as readonly (readonly [string, readonly Row[]])[] | null)?.[0]?.[1] ?? [];
    const last = rows.at(-1)?.[0];
    if (last === undefined) return;
    this.#cursor = last;
    this.#highest = Math.max(this.#highest, placeOf(last));
    const entries = rows.map(([id, fields]) => parseEntry(id, fields));
    if (entries.some(({ only }) => only !== undefined)) this.#wake();
    const events = entries.filter(({ only }) => only === undefined);
    this.#listener?.events(events, epoch);
  }

  #wake(): void {
    for (const consumer of this.#consumers) consumer.wake();
  }
}

/**
 * Connects a bus with Redis 7 or newer: one stream as the log, a consumer group per group and pattern.
 * @throws BusError `BUS_UNAVAILABLE` when Redis cannot be reached, `BUS_REFUSED` when it does not let us in or is a
 * replica; the message never holds the password.
 * @throws TypeError for a malformed url, RangeError when a limit is below 1.
 */
export const redis = async (options: RedisOptions): Promise<Transport> => {
  const settings: Required<RedisOptions> = {
    prefix: 'bnc',
    maxEvents: 100_000,
    dedupeWindowMs: month,
    maxDeadLetters: 1_000,
    leaseMs: 5_000,
    ...options,
  };
  for (const name of ['maxEvents', 'dedupeWindowMs', 'maxDeadLetters', 'leaseMs'] as const)
    if (!(settings[name] >= 1)) throw new RangeError(`${name} must be at least 1, got ${settings[name]}`);
  if (!/^[^{}\s]+$/.test(settings.prefix)) throw new TypeError('prefix must be a word without braces');
  const commands = await RedisConnection.open(settings.url);
  try {
    const transport = new RedisTransport(commands, await RedisConnection.open(settings.url), settings);
    await transport.open();
    return transport;
  } catch (error) {
    commands.close();
    throw asBusError(error, commands.where);
  }
};
