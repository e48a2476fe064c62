import { DueQueue } from '../due-queue.ts';
import { BusError } from '../errors.ts';
import { ownedName, parseFence } from '../fence.ts';
import { fenced, LocalOwners } from '../local-owners.ts';
import {
  type Appended,
  type Commit,
  type Consumer,
  type Delivery,
  type Entry,
  envelopeVersion,
  type GroupSpec,
  type Listener,
  type Owner,
  type OwnerListener,
  type Page,
  type Stored,
  type StoredDeadLetter,
  type Transport,
  type TransportStats,
} from '../transport.ts';
import { MemoryGroup } from './group.ts';
import { MemoryOwned } from './owned.ts';

/** Settings of `memory`. */
export interface MemoryOptions {
  /** Most events to keep for `from`, `read` and groups that lag. Default 10,000; at least 1. */
  readonly maxEvents?: number;
  /** How long a `dedupeId` is remembered, in milliseconds. Default 30 days. */
  readonly dedupeWindowMs?: number;
  /** Most ids to remember; beyond that, the oldest are forgotten early. Default 100,000. */
  readonly maxDedupeIds?: number;
  /** Most dead letters to keep; beyond that, the oldest are dropped. Default 1,000. */
  readonly maxDeadLetters?: number;
  /** Most events that wait for their `notBefore`; beyond that, they are refused. Default 10,000. */
  readonly maxDelayed?: number;
  /** How long a group may be unused before it ends, with what it had not handled, in milliseconds. Default 14 days. */
  readonly groupTtlMs?: number;
}

interface Kept {
  readonly letter: StoredDeadLetter;
  /** Gives the event back to its group, unless the group has ended. */
  readonly giveBack: () => boolean;
}

interface OwnedGroup {
  readonly store: MemoryOwned;
  readonly owners: LocalOwners;
}

/** Number of appends between two looks for groups that have ended. */
const endEvery = 1_024;

const day = 86_400_000;

class MemoryTransport implements Transport {
  readonly name = 'memory';
  readonly payloads = 'reference';
  readonly epoch = newEpoch();
  readonly #maxEvents: number;
  readonly #windowMs: number;
  readonly #maxDedupeIds: number;
  readonly #maxDeadLetters: number;
  readonly #ring: (Stored | undefined)[] = [];
  readonly #seen = new Map<string, { readonly seq: number; readonly at: number }>();
  readonly #groups = new Map<string, MemoryGroup>();
  readonly #owned = new Map<string, OwnedGroup>();
  /** When each group was used last, by the monotonic clock. */
  readonly #used = new Map<string, number>();
  /** Places of each key's events. */
  readonly #keys = new Map<string, number[]>();
  readonly #dead = new Map<string, Kept>();
  readonly #groupTtlMs: number;
  readonly #maxDelayed: number;
  readonly #delayed = new DueQueue<Entry>(
    () => Date.now(),
    () => this.#release(),
  );
  #listener: Listener | undefined;
  #deadCount = 0;
  last = 0;

  constructor({
    maxEvents = 10_000,
    dedupeWindowMs = 30 * day,
    maxDedupeIds = 100_000,
    maxDeadLetters = 1_000,
    maxDelayed = 10_000,
    groupTtlMs = 14 * day,
  }) {
    const limits = Object.entries({ maxEvents, dedupeWindowMs, maxDedupeIds, maxDeadLetters, maxDelayed, groupTtlMs });
    for (const [name, value] of limits) {
      if (!(value >= 1)) throw new RangeError(`${name} must be at least 1, got ${value}`);
    }
    this.#maxEvents = maxEvents;
    this.#windowMs = dedupeWindowMs;
    this.#maxDedupeIds = maxDedupeIds;
    this.#maxDeadLetters = maxDeadLetters;
    this.#maxDelayed = maxDelayed;
    this.#groupTtlMs = groupTtlMs;
  }

  get first(): number {
    return Math.max(1, this.last - this.#maxEvents + 1);
  }

  at(seq: number): Stored | undefined {
    const stored = this.#ring[seq % this.#maxEvents];
    return stored?.seq === seq ? stored : undefined;
  }

  start(listener: Listener): void {
    if (this.#listener) {
      throw new TypeError('the transport belongs to another bus already: make one transport for each bus');
    }
    this.#listener = listener;
  }

  append(entry: Entry): Appended {
    const { dedupeIds, fence, dueAt } = entry;
    if (fence !== undefined) {
      this.#ownedBy(fence).owners.check(fence);
    }
    for (const id of dedupeIds) {
      const seen = this.#seen.get(id);
      if (seen && performance.now() - seen.at < this.#windowMs) {
        return { seq: seen.seq, epoch: this.epoch, duplicate: true };
      }
    }
    if (dueAt !== undefined) {
      this.#delay(entry, dueAt);
    }
    const seq = dueAt === undefined ? this.#store(entry) : 0;
    if (dedupeIds.length > 0) this.#remember(dedupeIds, seq);
    return { seq, epoch: this.epoch, duplicate: false };
  }

  /** Gives an entry its place in the log. */
  #store({ topic, key, payload, publishedAt }: Entry): number {
    const seq = ++this.last;
    const stored = { seq, topic, key, payload, publishedAt, version: envelopeVersion };
    const cut = this.#ring[seq % this.#maxEvents];
    if (cut?.key !== undefined) this.#unlink(cut.key);
    this.#ring[seq % this.#maxEvents] = stored;
    if (key !== undefined) {
      const places = this.#keys.get(key);
      if (places) places.push(seq);
      else this.#keys.set(key, [seq]);
    }
    if (seq % endEvery === 0) this.#endGroups();
    this.#listener?.events([stored], this.epoch);
    for (const { owners } of this.#owned.values()) owners.wake();
    return seq;
  }

  #delay(entry: Entry, dueAt: number): void {
    if (this.#delayed.size >= this.#maxDelayed) {
      throw new BusError(
        'BUS_STORAGE_FULL',
        `${this.#delayed.size} events wait for their time, the limit is ${this.#maxDelayed}: raise maxDelayed`,
      );
    }
    this.#delayed.add(dueAt, entry);
  }

  /** Stores what has become due. Its ids, which count from the publish, now lead to its place. */
  #release(): void {
    for (let entry = this.#delayed.take(); entry; entry = this.#delayed.take()) {
      const seq = this.#store(entry);
      for (const id of entry.dedupeIds) {
        const seen = this.#seen.get(id);
        if (seen) this.#seen.set(id, { ...seen, seq });
      }
    }
  }

  async read(after: number, limit: number): Promise<Page> {
    const { epoch, first, last } = this;
    const events: Stored[] = [];
    let upTo = Math.max(after, first - 1);
    while (upTo < last && events.length < limit) {
      const stored = this.at(++upTo);
      if (stored) events.push(stored);
    }
    return { epoch, events, first, last, upTo };
  }

  async readKey(key: string, after: number, limit: number): Promise<Page> {
    const { epoch, first, last } = this;
    const places = (this.#keys.get(key) ?? []).filter((seq) => seq > after);
    const events = places.slice(0, limit).flatMap((seq) => this.at(seq) ?? []);
    const upTo = places.length > limit ? (events.at(-1)?.seq ?? last) : last;
    return { epoch, events, first, last, upTo };
  }

  async join(spec: GroupSpec, wake: () => void): Promise<Consumer> {
    const name = JSON.stringify([spec.group, spec.pattern]);
    this.#endGroups();
    const giveBack = (event: Stored): boolean => {
      this.#groups.get(name)?.giveBack(event);
      return this.#groups.has(name);
    };
    const group =
      this.#groups.get(name) ?? new MemoryGroup(this, spec, (...what) => this.#bury(spec, giveBack, ...what));
    this.#groups.set(name, group);
    return this.#noting(name, group.join(wake));
  }

  async own(spec: GroupSpec, listener: OwnerListener): Promise<Owner> {
    const name = ownedName(spec.group, spec.pattern);
    this.#endGroups();
    const giveBack = (event: Stored): boolean => {
      const group = this.#owned.get(name);
      group?.store.putBack(event);
      group?.owners.wake();
      return group !== undefined;
    };
    let group = this.#owned.get(name);
    if (!group) {
      const store = new MemoryOwned(this, spec, (...what) => this.#bury(spec, giveBack, ...what));
      group = { store, owners: new LocalOwners(name, store, newEpoch()) };
      this.#owned.set(name, group);
    }
    return this.#noting(name, group.owners.join(listener));
  }

  async commit({ fences, settle, publish, state }: Commit): Promise<readonly Appended[]> {
    const { store, owners } = this.#ownedBy(fences[0] ?? '');
    owners.checkCommit(fences, settle, state?.key);
    store.commit(
      settle.map((fence) => parseFence(fence).seq),
      state,
    );
    owners.settled(settle);
    return publish.map((entry) => this.append(entry));
  }

  async deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]> {
    const letters = [...this.#dead.values()].map(({ letter }) => letter);
    return letters.filter(({ id }) => Number(id) > Number(after ?? 0)).slice(0, limit);
  }

  async deadLetter(id: string): Promise<StoredDeadLetter | undefined> {
    return this.#dead.get(id)?.letter;
  }

  async deleteDeadLetter(id: string): Promise<boolean> {
    return this.#dead.delete(id);
  }

  async forget(key: string): Promise<number> {
    const places = this.#keys.get(key) ?? [];
    for (const seq of places) this.#ring[seq % this.#maxEvents] = undefined;
    this.#keys.delete(key);
    for (const [id, { letter }] of this.#dead) if (letter.event.key === key) this.#dead.delete(id);
    const delayed = this.#delayed.remove((entry) => entry.key === key);
    for (const group of this.#groups.values()) group.forget(key);
    for (const { store, owners } of this.#owned.values()) {
      store.forget(key);
      owners.forget(key);
    }
    return places.length + delayed;
  }

  async retryDeadLetter(id: string): Promise<boolean> {
    const given = this.#dead.get(id)?.giveBack() ?? false;
    if (given) this.#dead.delete(id);
    return given;
  }

  async stats(): Promise<TransportStats> {
    this.#endGroups();
    const owned = [...this.#owned.values()].map(({ store }) => store);
    return {
      depth: this.last - this.first + 1,
      delayed: this.#delayed.size,
      deadLetters: this.#dead.size,
      groups: [...this.#groups.values(), ...owned].map((group) => group.stats()),
      warnings: [],
    };
  }

  async close(): Promise<void> {
    this.#listener = undefined;
    this.#ring.length = 0;
    this.#seen.clear();
    this.#dead.clear();
    this.#delayed.clear();
    for (const group of this.#groups.values()) group.end();
    this.#groups.clear();
    this.#owned.clear();
    this.#keys.clear();
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
    if (!group) throw fenced();
    return group;
  }

  /** Forgets the oldest place of a key, which was cut from the log. */
  #unlink(key: string): void {
    const places = this.#keys.get(key);
    places?.shift();
    if (places?.length === 0) this.#keys.delete(key);
  }

  /** Ends groups that were not used for too long. */
  #endGroups(): void {
    const now = performance.now();
    const groups = [
      ...[...this.#groups].map(([name, { isUsed }]) => ({ name, isUsed })),
      ...[...this.#owned].map(([name, { owners }]) => ({ name, isUsed: owners.isUsed })),
    ];
    for (const { name, isUsed } of groups) {
      if (isUsed || !this.#used.has(name)) this.#used.set(name, now);
      if (now - (this.#used.get(name) ?? now) < this.#groupTtlMs) continue;
      this.#used.delete(name);
      this.#groups.get(name)?.end();
      this.#groups.delete(name);
      this.#owned.delete(name);
    }
  }

  #remember(ids: readonly string[], seq: number): void {
    const at = performance.now();
    for (const id of ids) {
      this.#seen.delete(id);
      this.#seen.set(id, { seq, at });
    }
    for (const [id, seen] of this.#seen) {
      if (this.#seen.size <= this.#maxDedupeIds && at - seen.at < this.#windowMs) break;
      this.#seen.delete(id);
    }
  }

  #bury(
    spec: GroupSpec,
    giveBack: (event: Stored) => boolean,
    event: Stored,
    attempts: number,
    reason: string,
    notice: Entry | undefined,
  ): void {
    const id = String(++this.#deadCount);
    const { group, pattern } = spec;
    const letter = { id, group, pattern, event, epoch: this.epoch, attempts, reason, at: Date.now() };
    this.#dead.set(id, { letter, giveBack: () => giveBack(event) });
    if (notice) this.append({ ...notice, payload: { id, ...(notice.payload as object) } });
    for (const oldest of this.#dead.keys()) {
      if (this.#dead.size <= this.#maxDeadLetters) break;
      this.#dead.delete(oldest);
      this.#listener?.warning(
        new BusError(
          'BUS_DEAD_LETTERED',
          `dead letter ${oldest} was dropped because there are more than ${this.#maxDeadLetters}: delete or retry some, or raise maxDeadLetters`,
        ),
      );
    }
  }
}

/**
 * Keeps events in the memory of this process: nothing survives its end. Handlers receive the payload object itself.
 * @throws {RangeError} when a limit is below 1.
 */
export function memory(options: MemoryOptions = {}): Transport {
  return new MemoryTransport(options);
}

function newEpoch(): string {
  return crypto.randomUUID().slice(0, 8);
}
