import { BusError } from './errors.ts';
import { formatFence, parseFence } from './fence.ts';
import { partitionOf, partitionOfPlace } from './partition.ts';
import { evened } from './partition-plan.ts';
import {
  type Delivery,
  type Entry,
  type OwnedDelivery,
  type Owner,
  type OwnerListener,
  partitionCount,
  type Reference,
  type Release,
  type Start,
} from './transport.ts';

/** A delivery from a store, without a fence. */
export type Unfenced = Delivery & { readonly state: unknown };

/** What the owners in one process need from their store. Only the owner of an event calls these for it. */
export interface OwnedStore {
  /** Reads up to `count` more references from the log; none at its end. */
  pull(count: number): Promise<readonly Reference[]>;
  /** Counts an attempt of each event. Returns undefined for an event that was cut from history. */
  start(wanted: readonly Start[]): Promise<readonly (Unfenced | undefined)[]>;
  /** Takes back one attempt of each event. */
  giveBack(places: readonly number[]): Promise<void>;
  /** Acknowledges an event. Returns false when it was settled before. */
  done(seq: number): Promise<boolean>;
  dead(seq: number, reason: string, notice: Entry | undefined): Promise<boolean>;
}

interface Member {
  readonly listener: OwnerListener;
  /** True while the member takes partitions. */
  isStaying: boolean;
}

interface Partition {
  owner: Member | undefined;
  /** Identifies the owner and the period of its ownership. No other owner or period has the same mark. */
  mark: string;
  /** The member that gets the partition when its owner releases it. */
  next: Member | undefined;
  /** References that are not settled, in the order of the log. */
  readonly waiting: Map<number, Reference>;
  /** Those of them that the owner has started: their handlers run, or they are to be tried again. */
  readonly started: Set<number>;
}

/** Most references that are held and not started, and most that are held in all; the rest is read later. */
const maxHeld = 10_000;
const maxKnown = 100_000;
const pullSize = 500;

/** The owners of one group inside one process: which member owns which partition, and what waits in it. */
export class LocalOwners {
  readonly #name: string;
  readonly #store: OwnedStore;
  /** Different each time the store is opened. */
  readonly #generation: string;
  readonly #members = new Set<Member>();
  readonly #partitions: readonly Partition[] = Array.from({ length: partitionCount }, () => ({
    owner: undefined,
    mark: '',
    next: undefined,
    waiting: new Map(),
    started: new Set(),
  }));
  #token = 0;
  /** Number of references that are not started, and of all that are held. */
  #held = 0;
  #known = 0;
  #isPulling = false;
  #pullAgain = false;

  constructor(name: string, store: OwnedStore, generation: string) {
    this.#name = name;
    this.#store = store;
    this.#generation = generation;
  }

  get isUsed(): boolean {
    return this.#members.size > 0;
  }

  get #hasRoom(): boolean {
    return this.#held < maxHeld && this.#known < maxKnown;
  }

  join(listener: OwnerListener): Owner {
    const member: Member = { listener, isStaying: true };
    this.#members.add(member);
    this.#plan();
    this.wake();
    return {
      start: (wanted) => this.#start(member, wanted),
      done: (delivery) => this.#end(delivery, (seq) => this.#store.done(seq)),
      dead: (delivery, reason, notice) => this.#end(delivery, (seq) => this.#store.dead(seq, reason, notice)),
      giveBack: (delivery) => this.#giveBack(delivery),
      wake: () => this.wake(),
      release: async (partitions) => {
        for (const release of partitions) {
          this.#release(release, member);
        }
      },
      retire: async () => {
        member.isStaying = false;
        this.#plan();
      },
      leave: async () => {
        member.isStaying = false;
        this.#members.delete(member);
        for (const [partition, { owner }] of this.#partitions.entries()) {
          if (owner === member) {
            this.#release({ partition, unfinished: [] }, member);
          }
        }
        this.#plan();
      },
    };
  }

  /** Reads new events. */
  wake(): void {
    if (this.#isPulling) {
      this.#pullAgain = true;
    } else if (this.isUsed && this.#hasRoom) {
      void this.#pull();
    }
  }

  /** @throws {BusError} `BUS_FENCED` unless the fence holds. */
  check(fence: string): void {
    const { partition, owner } = parseFence(fence);
    if (this.#partitions[partition]?.mark !== owner) {
      throw fenced();
    }
  }

  /**
   * Checks the fences of a commit, for the events that it settles and for the key whose state it keeps.
   * @throws {BusError} `BUS_FENCED` when a fence does not hold, `BUS_SETTLED` when an event was settled before.
   * @throws {TypeError} when no fence belongs to the key.
   */
  checkCommit(fences: readonly string[], settle: readonly string[], key: string | undefined): void {
    for (const fence of fences) {
      this.check(fence);
    }
    for (const fence of settle) {
      const { partition, seq } = parseFence(fence);
      if (!this.#partitions[partition]?.waiting.has(seq)) {
        throw settled();
      }
    }
    if (key === undefined) {
      return;
    }
    const partition = partitionOf(key);
    if (!fences.some((fence) => parseFence(fence).partition === partition)) {
      throw otherKey(key);
    }
  }

  /** Forgets the events that a commit has settled. */
  settled(fences: readonly string[]): void {
    for (const fence of fences) {
      const { partition, seq } = parseFence(fence);
      this.#forget(partition, seq);
    }
  }

  /** Forgets the waiting events of a key that was erased. */
  forget(key: string): void {
    const partition = partitionOf(key);
    for (const reference of this.#partitions[partition]?.waiting.values() ?? []) {
      if (reference.key === key) {
        this.#forget(partition, reference.seq);
      }
    }
  }

  async #start(member: Member, wanted: readonly Start[]): Promise<readonly (OwnedDelivery | 'lost' | 'gone')[]> {
    const marks = wanted.map(({ partition }) => this.#markOf(partition, member));
    const own = wanted.filter((_, place) => marks[place] !== undefined);
    const started = (await this.#store.start(own)).values();
    for (const { partition, seq } of own) {
      this.#noteStart(partition, seq);
    }
    return wanted.map(({ partition, seq }, place) => {
      const owner = marks[place];
      if (owner === undefined) {
        return 'lost';
      }
      const delivery = started.next().value;
      if (!delivery) {
        this.#forget(partition, seq);
        return 'gone';
      }
      return { ...delivery, fence: formatFence({ seq, partition, owner, group: this.#name }) };
    });
  }

  #markOf(partition: number, member: Member): string | undefined {
    const found = this.#partitions[partition];
    return found?.owner === member ? found.mark : undefined;
  }

  async #end({ fence }: OwnedDelivery, end: (seq: number) => Promise<boolean>): Promise<boolean> {
    const { partition, seq, owner } = parseFence(fence);
    if (this.#partitions[partition]?.mark !== owner || !(await end(seq))) {
      return false;
    }
    this.#forget(partition, seq);
    return true;
  }

  async #giveBack({ fence }: OwnedDelivery): Promise<boolean> {
    const { partition, seq, owner } = parseFence(fence);
    const found = this.#partitions[partition];
    if (found?.mark !== owner || !found.waiting.has(seq)) {
      return false;
    }
    await this.#store.giveBack([seq]);
    return true;
  }

  #noteStart(partition: number, seq: number): void {
    const { waiting, started } = this.#partitions[partition] ?? {};
    if (waiting?.has(seq) && started && !started.has(seq)) {
      started.add(seq);
      this.#held--;
      this.#wakeWhenHalf();
    }
  }

  #forget(partition: number, seq: number): void {
    const { waiting, started } = this.#partitions[partition] ?? {};
    if (waiting?.delete(seq)) {
      this.#known--;
      if (!started?.delete(seq)) {
        this.#held--;
      }
      this.#wakeWhenHalf();
    }
  }

  /** Half of the room is free: reads now what was left in the log. */
  #wakeWhenHalf(): void {
    if (this.#held === maxHeld / 2 || this.#known === maxKnown / 2) {
      this.wake();
    }
  }

  async #pull(): Promise<void> {
    this.#isPulling = true;
    try {
      do {
        this.#pullAgain = false;
        const references = await this.#store.pull(pullSize);
        const byPartition = Map.groupBy(references, partitionOfReference);
        for (const [partition, some] of byPartition) {
          const { waiting, owner } = this.#partitions[partition] ?? {};
          for (const reference of some) {
            waiting?.set(reference.seq, reference);
          }
          owner?.listener.came(partition, some);
        }
        this.#held += references.length;
        this.#known += references.length;
        this.#pullAgain ||= references.length > 0;
      } while (this.#pullAgain && this.#hasRoom && this.isUsed);
    } catch {
      // The store is closed or full. The next event tries again.
    } finally {
      this.#isPulling = false;
    }
  }

  #give(partition: number, to: Member): void {
    const found = this.#partitions[partition];
    if (!found) {
      return;
    }
    found.owner = to;
    found.next = undefined;
    found.mark = `${this.#generation}#${++this.#token}`;
    // The next owner starts all of them again.
    this.#held += found.started.size;
    found.started.clear();
    to.listener.gained(partition);
    if (found.waiting.size > 0) {
      to.listener.came(partition, [...found.waiting.values()]);
    }
  }

  #release({ partition, unfinished }: Release, from: Member): void {
    const found = this.#partitions[partition];
    if (found?.owner !== from) {
      return;
    }
    if (unfinished.length > 0) {
      // The store does this before any request of the next owner.
      void this.#store.giveBack(unfinished).catch(() => {});
    }
    const { next } = found;
    found.owner = undefined;
    found.next = undefined;
    found.mark = '';
    if (next?.isStaying) {
      this.#give(partition, next);
    } else {
      this.#plan();
    }
  }

  /**
   * Gives partitions without an owner to the members that have the fewest, then moves as few others as possible to even
   * the counts.
   */
  #plan(): void {
    const staying = [...this.#members].filter(({ isStaying }) => isStaying);
    for (const found of this.#partitions) {
      if (found.next && !staying.includes(found.next)) {
        found.next = undefined;
      }
    }
    const owners = this.#partitions.map(({ next, owner }) => next ?? owner);
    for (const [partition, member] of evened(owners, staying)) {
      this.#move(partition, member);
    }
  }

  #move(partition: number, to: Member): void {
    const found = this.#partitions[partition];
    if (found?.owner === to) {
      found.next = undefined;
    } else if (found?.owner) {
      found.next = to;
      found.owner.listener.revoked(partition);
    } else {
      this.#give(partition, to);
    }
  }
}

/** Makes the error for an owner that has lost its key. */
export function fenced(): BusError {
  return new BusError(
    'BUS_FENCED',
    'the key belongs to another owner now: nothing was stored; drop what you know about the key',
  );
}

/** Makes the error for a commit with an event that is settled already. */
export function settled(): BusError {
  return new BusError('BUS_SETTLED', 'an event of this commit was settled before: nothing was stored');
}

/** Makes the error for a commit whose fences do not belong to the key of its state. */
export function otherKey(key: string): TypeError {
  return new TypeError(`state.key must be the key of a fence of this commit, got ${key.slice(0, 80)}`);
}

function partitionOfReference({ key, seq }: Reference): number {
  return key === undefined ? partitionOfPlace(seq) : partitionOf(key);
}
