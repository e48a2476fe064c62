import { randomUUID } from 'node:crypto';
import { BusError } from '../errors.ts';
import type { GroupStats } from '../event.ts';
import { parseFence } from '../fence.ts';
import { KeyPages } from '../key-pages.ts';
import { fenced, otherKey, settled } from '../local-owners.ts';
import { partitionName } from '../partition.ts';
import type {
  Appended,
  Commit,
  Consumer,
  Entry,
  GroupSpec,
  Interest,
  Listener,
  Listening,
  LogEnd,
  Owner,
  OwnerListener,
  Page,
  StoredDeadLetter,
  Transport,
  TransportStats,
} from '../transport.ts';
import type { Answer, RedisConnection, RedisLines } from './connection.ts';
import { RedisDeadLetters } from './dead-letters.ts';
import { RedisDelayed } from './delayed.ts';
import { parseEntry, type Row } from './entry.ts';
import { RedisConsumer, type RedisGroupOptions } from './group.ts';
import { RedisInbox } from './inbox.ts';
import { RedisKeys } from './keys.ts';
import type { RedisLog } from './log.ts';
import { RedisOwner } from './owner.ts';
import { RedisPublisher } from './publisher.ts';
import { RedisTail } from './tail.ts';
import { RedisTrimmer } from './trimmer.ts';

/** All settings of a transport. */
export interface RedisSettings {
  readonly prefix: string;
  readonly maxEvents: number;
  readonly maxAgeMs: number;
  readonly dedupeWindowMs: number;
  readonly maxDedupeIds: number;
  readonly maxDeadLetters: number;
  readonly maxDelayed: number;
  readonly leaseMs: number;
  readonly groupTtlMs: number;
  /** How long a process may be silent before the others end what it follows, in milliseconds. */
  readonly followTtlMs: number;
}

/** A bus's store in Redis. */
export class RedisTransport implements Transport {
  readonly name = 'redis';
  readonly payloads = 'json';
  readonly #lines: RedisLines;
  readonly #log: RedisLog;
  readonly #publisher: RedisPublisher;
  readonly #delayed: RedisDelayed;
  readonly #tail: RedisTail;
  readonly #inbox: RedisInbox;
  readonly #pages: KeyPages;
  readonly #letters: RedisDeadLetters;
  readonly #options: RedisSettings;
  readonly #consumers = new Set<RedisConsumer>();
  readonly #owners = new Set<RedisOwner>();
  readonly #trimmer: RedisTrimmer;
  #listener: Listener | undefined;

  constructor(lines: RedisLines, log: RedisLog, tail: RedisConnection, options: RedisSettings) {
    this.#lines = lines;
    this.#log = log;
    this.#options = options;
    this.#trimmer = new RedisTrimmer(log, options, (error) => this.#listener?.warning(error));
    this.#publisher = new RedisPublisher(log, options, () => this.#trimmer.full());
    this.#delayed = new RedisDelayed(log, this.#publisher);
    this.#pages = new KeyPages(new RedisKeys(log));
    this.#letters = new RedisDeadLetters(log);
    this.#tail = new RedisTail(log, tail, {
      onEvents: (events, epoch) => this.#listener?.events(events, epoch),
      onGroupEntry: () => this.#wake(),
      onDue: (at) => this.#delayed.lookAt(at),
    });
    this.#inbox = new RedisInbox({
      log,
      lines,
      ttlMs: options.followTtlMs,
      onEvents: (events, epoch) => this.#listener?.followed(events, epoch),
      onMissed: () => this.#listener?.missed(),
    });
    log.onRestart = (epoch) => this.#restart(epoch);
    void this.#trimmer.trim();
  }

  start(listener: Listener): void {
    if (this.#listener) {
      throw new TypeError('the transport belongs to another bus already: make one transport for each bus');
    }
    this.#listener = listener;
    queueMicrotask(() => {
      for (const { code, message } of this.#log.warnings) listener.warning(new BusError(code, message));
    });
  }

  listen(): Listening {
    return this.#tail.listen();
  }

  follow(interest: Interest, note: unknown): Promise<LogEnd> {
    return this.#inbox.follow(interest, (note as string | undefined) ?? '');
  }

  unfollow(interests: readonly Interest[]): Promise<void> {
    return this.#inbox.unfollow(interests);
  }

  async followers(pattern: string, key: string): Promise<readonly unknown[]> {
    return (await this.#inbox.followers(pattern, key)).map((note) => (note === '' ? undefined : note));
  }

  async append(entry: Entry): Promise<Appended> {
    const appended = await this.#publisher.append(entry);
    if (entry.dueAt !== undefined) this.#delayed.lookAt(entry.dueAt);
    return appended;
  }

  async read(after: number, limit: number, maxBytes: number): Promise<Page> {
    const args = [after, limit, maxBytes].map(String);
    const answer = await this.#log.script('read', [randomUUID().slice(0, 8), ...args]);
    const [epoch, last, first, rows, more] = answer as readonly [string, number, number, readonly Row[], number];
    const entries = rows.map(([id, fields]) => parseEntry(id, fields));
    const upTo = more === 0 ? last : (entries.at(-1)?.seq ?? last);
    const events = entries.filter(({ only }) => only === undefined);
    return { epoch, events, first, last, upTo };
  }

  readKey(key: string, after: number, limit: number, maxBytes: number): Promise<Page> {
    return this.#pages.read(key, after, limit, maxBytes);
  }

  async own(spec: GroupSpec, listener: OwnerListener): Promise<Owner> {
    const { leaseMs, groupTtlMs, maxDeadLetters } = this.#options;
    const { connection, keys, prefix } = this.#log;
    const epoch = (): string => this.#log.epoch;
    const onDropped = (id: string): void => this.#reportDropped(id);
    const onCut = (group: string, lost: number): void => this.#reportCut(group, lost);
    const onDue = (at: number): void => this.#delayed.lookAt(at);
    const options = {
      connection,
      lines: this.#lines,
      keys,
      prefix,
      leaseMs,
      groupTtlMs,
      maxDeadLetters,
      epoch,
      onDropped,
      onCut,
      onDue,
    };
    const owner = await RedisOwner.join(spec, options, listener, () => this.#owners.delete(owner));
    this.#owners.add(owner);
    return owner;
  }

  async commit({ fences, settle, publish, state }: Commit): Promise<readonly Appended[]> {
    const owned = new Map(
      fences
        .map((fence) => parseFence(fence))
        .map(({ partition, owner }) => [`${partition}:${owner}`, [partitionName(partition), owner]]),
    );
    const inputs = settle.map((fence) => String(parseFence(fence).seq));
    const { group } = parseFence(fences[0] ?? '');
    this.#publisher.flush();
    const isGrowing = publish.length > 0 || state?.value !== undefined;
    const committing = this.#log.script(isGrowing ? 'ownCommit' : 'ownSettle', [
      group,
      `${this.#log.prefix}o:${group}:`,
      '',
      state ? `k${state.key}` : '',
      state?.value === undefined ? '' : `v${state.value as string}`,
      String(owned.size),
      ...[...owned.values()].flat(),
      String(settle.length),
      ...inputs,
      ...this.#publisher.argsOf(publish),
    ]);
    const answer = await committing.catch((error: unknown) => {
      if (error instanceof BusError && error.code === 'BUS_STORAGE_FULL') this.#trimmer.full();
      throw error;
    });
    if (answer === 0) {
      throw fenced();
    }
    if (answer === -1) {
      throw settled();
    }
    if (answer === -2) {
      throw otherKey(state?.key ?? '');
    }
    return this.#publisher.appendedOf(answer as readonly [string, ...number[]]) as readonly Appended[];
  }

  async join(spec: GroupSpec, wake: () => void): Promise<Consumer> {
    const { leaseMs, groupTtlMs, maxDeadLetters } = this.#options;
    const options: RedisGroupOptions = {
      connection: this.#log.connection,
      keys: this.#log.keys,
      groupsKey: `${this.#log.prefix}groups`,
      basePrefix: `${this.#log.prefix}g:`,
      leaseMs,
      groupTtlMs,
      maxDeadLetters,
      epoch: () => this.#log.epoch,
      onDropped: (id) => this.#reportDropped(id),
      onGone: (group, lost) => this.#reportGone(group, lost),
      onCut: (group, lost) => this.#reportCut(group, lost),
    };
    // Announcements wake the consumer from here on. It looks for earlier events itself. Both are sent now, so that the
    // group has what this process publishes next.
    const listening = this.listen();
    try {
      const joining = RedisConsumer.join(spec, options, wake, () => {
        listening.end();
        this.#consumers.delete(consumer);
      });
      const [consumer] = await Promise.all([joining, listening.from]);
      this.#consumers.add(consumer);
      return consumer;
    } catch (error) {
      listening.end();
      throw error;
    }
  }

  deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]> {
    return this.#letters.list(limit, after);
  }

  deadLetter(id: string): Promise<StoredDeadLetter | undefined> {
    return this.#letters.find(id);
  }

  deleteDeadLetter(id: string): Promise<boolean> {
    return this.#letters.delete(id);
  }

  retryDeadLetter(id: string): Promise<boolean> {
    return this.#letters.retry(id);
  }

  async forget(key: string): Promise<number> {
    let erased = 0;
    for (let more = 1; more === 1; ) {
      const answer = await this.#log.script('forget', [randomUUID().slice(0, 8), key]);
      const [count, rest] = answer as readonly [number, number];
      erased += count;
      more = rest;
    }
    let cursor = '0';
    do {
      const answer = await this.#log.script('forgetDelayed', [key, cursor]);
      const [next, count] = answer as readonly [string, number];
      cursor = next;
      erased += count;
    } while (cursor !== '0');
    for (let after: Answer = '0-0'; typeof after === 'string'; ) {
      after = await this.#log.script('forgetLetters', [key, after]);
    }
    return erased;
  }

  async stats(): Promise<TransportStats> {
    const answer = await this.#log.script('stats', [`${this.#log.prefix}groups`, `${this.#log.prefix}g:`]);
    const [depth, delayed, deadLetters, rows] = answer as readonly [
      number,
      number,
      number,
      readonly (readonly [string, number, number, number, number, number])[],
    ];
    const groups = rows.map(([name, lag, pending, redeliveries, deadLettered, lost]): GroupStats => {
      const [group, pattern] = JSON.parse(name) as readonly [string, string];
      return { group, pattern, lag, pending, redeliveries, deadLettered, lost: Math.max(0, lost) };
    });
    return { depth, delayed, deadLetters, groups, warnings: this.#log.warnings };
  }

  async close(): Promise<void> {
    this.#trimmer.stop();
    this.#delayed.stop();
    for (const consumer of this.#consumers) consumer.stop();
    for (const owner of this.#owners) owner.stop();
    await this.#inbox.close();
    this.#log.connection.close();
    await this.#tail.close();
  }

  #restart(epoch: string): void {
    this.#tail.restart();
    this.#listener?.restarted(epoch);
    const { where } = this.#log.connection;
    this.#listener?.warning(new BusError('BUS_RESTARTED', `${where}: Redis lost its data, and a new log started`));
    this.#inbox.restart();
    this.#wake();
  }

  #reportDropped(id: string): void {
    const message = `dead letter ${id} was dropped because there are more than ${this.#options.maxDeadLetters}: delete or retry some, or raise maxDeadLetters`;
    this.#listener?.warning(new BusError('BUS_DEAD_LETTERED', message));
  }

  #reportGone(group: string, lost: number): void {
    const { where } = this.#log.connection;
    const message = `${where}: Redis had lost group ${group} (it was deleted, or its memory was full); it was made again, and ${lost} of its events are lost`;
    this.#listener?.warning(new BusError('BUS_HISTORY_CUT', message));
  }

  #reportCut(group: string, lost: number): void {
    const message = `${lost} events were cut from history before group ${group} had read them: keep more history, or handle events faster`;
    this.#listener?.warning(new BusError('BUS_HISTORY_CUT', message));
  }

  #wake(): void {
    for (const consumer of this.#consumers) consumer.wake();
  }
}
