import { assertCount, assertOptions, assertType, withDefaults } from '../check.ts';
import { DueQueue } from '../due-queue.ts';
import { withLetterId } from '../envelope.ts';
import { BusError } from '../errors.ts';
import { ownedName, parseFence } from '../fence.ts';
import { fenced, LocalOwners } from '../local-owners.ts';
import type {
  Appended,
  Commit,
  Consumer,
  Delivery,
  Entry,
  GroupSpec,
  Listener,
  Owner,
  OwnerListener,
  Page,
  Stored,
  StoredDeadLetter,
  Transport,
  TransportStats,
} from '../transport.ts';
import { MemoryGroup } from './group.ts';
import { MemoryLetters } from './letters.ts';
import { MemoryLog, newEpoch } from './log.ts';
import { MemoryOwned } from './owned.ts';
import { SeenIds } from './seen-ids.ts';

/** Settings of `memory`. Numbers are whole and at least 1. */
export interface MemoryOptions {
  /**
   * Most events to keep for `from`, `read` and groups that lag. Default 10,000; at least 1. What a group with
   * consumers has not read is not cut: publishing is refused with `BUS_OVERLOADED` instead.
   */
  readonly maxEvents?: number;
  /** How long a `dedupeId` is remembered, in milliseconds. Default 30 days. */
  readonly dedupeWindowMs?: number;
  /**
   * Most dedupe ids to remember. Beyond that, the oldest are forgotten early, and `onWarning` is called once with
   * `BUS_DEDUPE_FULL`. Default 100,000.
   */
  readonly maxDedupeIds?: number;
  /**
   * Most dead letters to keep. Beyond that, the oldest are dropped, and `onWarning` is called for each with
   * `BUS_DEAD_LETTERED`. Default 1,000.
   */
  readonly maxDeadLetters?: number;
  /**
   * Most events that wait for their `notBefore`; beyond that, `publish` rejects with `BUS_STORAGE_FULL`. Default
   * 10,000.
   */
  readonly maxDelayed?: number;
  /**
   * How long a group may be unused before it ends, together with what it had not handled, in milliseconds. Default 14
   * days.
   */
  readonly groupTtlMs?: number;
  /**
   * Keeps payloads, states and notes as JSON, as the other transports do, so that tests find what JSON cannot carry:
   * every handler receives a copy, and limits in bytes apply. Default false.
   */
  readonly strict?: boolean;
}

interface OwnedGroup {
  readonly store: MemoryOwned;
  readonly owners: LocalOwners;
}

const day = 86_400_000;
const defaults: Required<MemoryOptions> = {
  maxEvents: 10_000,
  dedupeWindowMs: 30 * day,
  maxDedupeIds: 100_000,
  maxDeadLetters: 1_000,
  maxDelayed: 10_000,
  groupTtlMs: 14 * day,
  strict: false,
};

/** Number of appends between two searches for groups that have ended. */
const endEvery = 1_024;
/** Wait before a delayed event is tried again when a group has no room for it, in milliseconds. */
const releaseAgainMs = 100;

class MemoryTransport implements Transport {
  readonly name = 'memory';
  readonly payloads: 'json' | 'reference';
  readonly #options: Required<MemoryOptions>;
  readonly #log: MemoryLog;
  readonly #seen: SeenIds;
  readonly #letters: MemoryLetters;
  readonly #groups = new Map<string, MemoryGroup>();
  readonly #owned = new Map<string, OwnedGroup>();
  /** When each group was used last, by the monotonic clock. */
  readonly #used = new Map<string, number>();
  readonly #delayed = new DueQueue<Entry>(
    () => Date.now(),
    () => this.#release(),
  );
  #listener: Listener | undefined;

  constructor(options: Required<MemoryOptions>) {
    this.#options = options;
    this.payloads = options.strict ? 'json' : 'reference';
    this.#log = new MemoryLog(options.maxEvents);
    this.#seen = new SeenIds(options.dedupeWindowMs, options.maxDedupeIds, () => this.#warnOfIds());
    this.#letters = new MemoryLetters(options.maxDeadLetters);
  }

  start(listener: Listener): void {
    if (this.#listener) {
      throw new TypeError('the transport belongs to another bus already: make one transport for each bus');
    }
    this.#listener = listener;
  }

  append(entry: Entry): Appended {
    const { fence } = entry;
    if (fence !== undefined) {
      this.#ownedBy(fence).owners.check(fence);
    }
    this.#assertRoom(1);
    return this.#append(entry);
  }

  async read(after: number, limit: number, maxBytes: number): Promise<Page> {
    return this.#log.read(after, limit, this.#bytes(maxBytes));
  }

  async readKey(key: string, after: number, limit: number, maxBytes: number): Promise<Page> {
    return this.#log.readKey(key, after, limit, this.#bytes(maxBytes));
  }

  async join(spec: GroupSpec, wake: () => void): Promise<Consumer> {
    const name = JSON.stringify([spec.group, spec.pattern]);
    this.#endGroups();
    const giveBack = (event: Stored): boolean => {
      this.#groups.get(name)?.giveBack(event);
      return this.#groups.has(name);
    };
    const group = this.#groups.get(name) ?? new MemoryGroup(this.#log, spec, this.#callbacks(spec, giveBack));
    this.#groups.set(name, group);
    return this.#noting(name, group.join(wake));
  }

  async own(spec: GroupSpec, listener: OwnerListener): Promise<Owner> {
    const name = ownedName(spec.group, spec.pattern);
    this.#endGroups();
    const giveBack = (event: Stored): boolean => {
      const found = this.#owned.get(name);
      found?.store.putBack(event);
      found?.owners.wake();
      return found !== undefined;
    };
    let group = this.#owned.get(name);
    if (!group) {
      const onRoom = (): void => this.#owned.get(name)?.owners.wake();
      const store = new MemoryOwned(this.#log, spec, { ...this.#callbacks(spec, giveBack), onRoom });
      group = { store, owners: new LocalOwners(name, store, newEpoch()) };
      this.#owned.set(name, group);
    }
    return this.#noting(name, group.owners.join(listener));
  }

  async commit({ fences, settle, publish, state }: Commit): Promise<readonly Appended[]> {
    const { store, owners } = this.#ownedBy(fences[0] ?? '');
    owners.checkCommit(fences, settle, state?.key);
    this.#assertRoom(publish.length);
    store.commit(
      settle.map((fence) => parseFence(fence).seq),
      state,
    );
    owners.settled(settle);
    return publish.map((entry) => this.#append(entry));
  }

  async deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]> {
    return this.#letters.list(limit, after);
  }

  async deadLetter(id: string): Promise<StoredDeadLetter | undefined> {
    return this.#letters.get(id);
  }

  async deleteDeadLetter(id: string): Promise<boolean> {
    return this.#letters.delete(id);
  }

  async retryDeadLetter(id: string): Promise<boolean> {
    return this.#letters.retry(id);
  }

  async forget(key: string): Promise<number> {
    const erased = this.#log.forget(key) + this.#delayed.remove((entry) => entry.key === key);
    this.#letters.forget(key);
    for (const group of this.#groups.values()) {
      group.forget(key);
    }
    for (const { store, owners } of this.#owned.values()) {
      store.forget(key);
      owners.forget(key);
    }
    return erased;
  }

  async stats(): Promise<TransportStats> {
    this.#endGroups();
    const owned = [...this.#owned.values()].map(({ store }) => store);
    return {
      depth: this.#log.depth,
      delayed: this.#delayed.size,
      deadLetters: this.#letters.size,
      groups: [...this.#groups.values(), ...owned].map((group) => group.stats()),
      warnings: [],
    };
  }

  async close(): Promise<void> {
    this.#listener = undefined;
    this.#log.clear();
    this.#seen.clear();
    this.#letters.clear();
    this.#delayed.clear();
    for (const group of this.#groups.values()) {
      group.end();
    }
    this.#groups.clear();
    this.#owned.clear();
  }

  /** Bytes are counted only where payloads are text. */
  #bytes(maxBytes: number): number {
    return this.payloads === 'json' ? maxBytes : Number.POSITIVE_INFINITY;
  }

  #append(entry: Entry): Appended {
    const { dedupeIds, dueAt } = entry;
    const { epoch } = this.#log;
    const seen = this.#seen.find(dedupeIds);
    if (seen !== undefined) {
      return { seq: seen, epoch, duplicate: true };
    }
    if (dueAt !== undefined) {
      this.#delay(entry, dueAt);
    }
    const seq = dueAt === undefined ? this.#store(entry) : 0;
    this.#seen.add(dedupeIds, seq);
    return { seq, epoch, duplicate: false };
  }

  /** Gives an entry its place in the log. */
  #store(entry: Entry): number {
    const stored = this.#log.add(entry);
    if (stored.seq % endEvery === 0) {
      this.#endGroups();
    }
    this.#listener?.events([stored], this.#log.epoch);
    for (const { owners } of this.#owned.values()) {
      owners.wake();
    }
    return stored.seq;
  }

  #delay(entry: Entry, dueAt: number): void {
    const { maxDelayed } = this.#options;
    if (this.#delayed.size >= maxDelayed) {
      const message = `${maxDelayed} events wait for their time, the limit is maxDelayed: raise it`;
      throw new BusError('BUS_STORAGE_FULL', message);
    }
    this.#delayed.add(dueAt, entry);
  }

  /** Stores what has become due, as far as groups have room for it. */
  #release(): void {
    for (let entry = this.#delayed.take(); entry; entry = this.#delayed.take()) {
      if (this.#groupWithoutRoom(1)) {
        this.#delayed.add(Date.now() + releaseAgainMs, entry);
        return;
      }
      this.#seen.place(entry.dedupeIds, this.#store(entry));
    }
  }

  /**
   * @throws {BusError} `BUS_OVERLOADED` when storing this many events would push out events that a group with consumers
   * needs.
   */
  #assertRoom(count: number): void {
    const name = this.#groupWithoutRoom(count);
    if (name !== undefined) {
      throw new BusError(
        'BUS_OVERLOADED',
        `group ${name} has not read the oldest of ${this.#options.maxEvents} events: publish slower, or raise maxEvents`,
      );
    }
  }

  #groupWithoutRoom(count: number): string | undefined {
    const cut = this.#log.last + count - this.#options.maxEvents;
    if (cut < 1) {
      return undefined;
    }
    for (const group of this.#groups.values()) {
      if (group.isUsed && group.needs(cut)) {
        return group.name;
      }
    }
    for (const { store, owners } of this.#owned.values()) {
      if (owners.isUsed && store.needs(cut)) {
        return store.name;
      }
    }
    return undefined;
  }

  #warnOfIds(): void {
    const { maxDedupeIds } = this.#options;
    const message = `more than ${maxDedupeIds} dedupe ids came within dedupeWindowMs, so the oldest are forgotten early: raise maxDedupeIds, or lower dedupeWindowMs`;
    this.#listener?.warning(new BusError('BUS_DEDUPE_FULL', message));
  }

  /** What a group calls back. */
  #callbacks(spec: GroupSpec, giveBack: (event: Stored) => boolean) {
    return {
      onDead: (event: Stored, attempts: number, reason: string, notice: Entry | undefined): void =>
        this.#bury(spec, giveBack, event, attempts, reason, notice),
      onLost: (count: number): void =>
        this.#listener?.warning(
          new BusError(
            'BUS_HISTORY_CUT',
            `${count} events were cut from history before group ${spec.group} had read them: keep more history, or handle events faster`,
          ),
        ),
    };
  }

  /** Notes when a group was last used: when its consumer left. */
  #noting<T extends Consumer | Owner>(name: string, consumer: T): T {
    const leave = async (unfinished: readonly Delivery[] = []): Promise<void> => {
      await consumer.leave(unfinished);
      this.#used.set(name, performance.now());
    };
    return { ...consumer, leave };
  }

  #ownedBy(fence: string): OwnedGroup {
    const group = this.#owned.get(parseFence(fence).group);
    if (!group) {
      throw fenced();
    }
    return group;
  }

  /** Ends groups that were not used for too long. */
  #endGroups(): void {
    const now = performance.now();
    const groups = [
      ...[...this.#groups].map(([name, { isUsed }]) => ({ name, isUsed })),
      ...[...this.#owned].map(([name, { owners }]) => ({ name, isUsed: owners.isUsed })),
    ];
    for (const { name, isUsed } of groups) {
      if (isUsed || !this.#used.has(name)) {
        this.#used.set(name, now);
      }
      if (now - (this.#used.get(name) ?? now) >= this.#options.groupTtlMs) {
        this.#used.delete(name);
        this.#groups.get(name)?.end();
        this.#groups.delete(name);
        this.#owned.delete(name);
      }
    }
  }

  #bury(
    { group, pattern }: GroupSpec,
    giveBack: (event: Stored) => boolean,
    event: Stored,
    attempts: number,
    reason: string,
    notice: Entry | undefined,
  ): void {
    const letter = { group, pattern, event, epoch: this.#log.epoch, attempts, reason, at: Date.now() };
    const { id, dropped } = this.#letters.add(letter, () => giveBack(event));
    if (notice) {
      this.#append(withLetterId(notice, id));
    }
    for (const gone of dropped) {
      const message = `dead letter ${gone} was dropped because there are more than ${this.#options.maxDeadLetters}: delete or retry some, or raise maxDeadLetters`;
      this.#listener?.warning(new BusError('BUS_DEAD_LETTERED', message));
    }
  }
}

/**
 * Keeps events in the memory of this process, so nothing survives the process. Handlers receive the payload object
 * itself, unless the transport is `strict`.
 * @throws {TypeError} when an option has the wrong type.
 * @throws {RangeError} when a limit is not a whole number of at least 1.
 */
export function memory(options: MemoryOptions = {}): Transport {
  assertOptions('options', options);
  const { strict, ...limits } = withDefaults(options, defaults);
  assertType('strict', strict, 'boolean');
  for (const [name, value] of Object.entries(limits)) {
    assertCount(name, value);
  }
  return new MemoryTransport({ ...limits, strict });
}
